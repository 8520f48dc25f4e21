/** The assembler by itself: numbers in the binary format, value numbering, dead code, modules, text, errors. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bytes } from '../../../src/codegen/wasm/assembler/bytes.ts';
import { FunctionBuilder, type Label } from '../../../src/codegen/wasm/assembler/function.ts';
import { f64, i32, i64, type Local } from '../../../src/codegen/wasm/assembler/operands.ts';
import { instruction, type ValueType } from '../../../src/codegen/wasm/assembler/instructions.ts';
import { encodeModule } from '../../../src/codegen/wasm/assembler/module.ts';
import { printFunction } from '../../../src/codegen/wasm/assembler/text.ts';

const bytesOf = (write: (bytes: Bytes) => void): readonly number[] => {
  const bytes = new Bytes();
  write(bytes);
  return [...bytes.toArray()];
};

/** The lines of a function's body, without indentation. */
const linesOf = (f: FunctionBuilder): readonly string[] =>
  printFunction(f)
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.trim());

describe('numbers in the binary format', () => {
  test.each<[number, readonly number[]]>([
    [0, [0]],
    [127, [0x7f]],
    [128, [0x80, 1]],
    [624485, [0xe5, 0x8e, 0x26]],
    [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('%d unsigned', (value, expected) => {
    expect(bytesOf((bytes) => bytes.unsigned(value))).toEqual(expected);
  });

  test.each<[number | bigint, readonly number[]]>([
    [0, [0]],
    [63, [0x3f]],
    [64, [0xc0, 0]],
    [-1, [0x7f]],
    [-64, [0x40]],
    [-65, [0xbf, 0x7f]],
    [-123456, [0xc0, 0xbb, 0x78]],
    [-(2 ** 31), [0x80, 0x80, 0x80, 0x80, 0x78]],
    [2n ** 63n - 1n, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]],
    [-(2n ** 63n), [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]],
  ])('%d signed', (value, expected) => {
    expect(bytesOf((bytes) => bytes.signed(value))).toEqual(expected);
  });

  /** As the specification defines it: seven bits a byte, the lowest first, the last byte below 128. */
  const decoded = (bytes: readonly number[], signed: boolean): bigint => {
    const bits = bytes.reduce((sum, byte, k) => sum | (BigInt(byte & 127) << BigInt(7 * k)), 0n);
    return signed ? BigInt.asIntN(7 * bytes.length, bits) : bits;
  };
  const isOne = (bytes: readonly number[]): boolean =>
    bytes.every((byte, k) => byte > 127 === k < bytes.length - 1);

  test('every whole number comes back, in as few bytes as it takes', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (natural, integer) => {
        const unsigned = bytesOf((bytes) => bytes.unsigned(natural));
        expect(decoded(unsigned, false)).toBe(BigInt(natural));
        expect(unsigned.length).toBe(Math.max(1, Math.ceil((32 - Math.clz32(natural)) / 7)));
        const signed = bytesOf((bytes) => bytes.signed(integer));
        expect(decoded(signed, true)).toBe(integer);
        const bits = (integer < 0n ? -integer - 1n : integer).toString(2).replace(/^0$/, '').length + 1;
        expect(signed.length).toBe(Math.ceil(bits / 7));
        expect([isOne(unsigned), isOne(signed)]).toEqual([true, true]);
      }),
    );
  });

  test('floats are little-endian, and keep the sign of zero', () => {
    expect(bytesOf((bytes) => bytes.float64(-0))).toEqual([0, 0, 0, 0, 0, 0, 0, 0x80]);
    expect(bytesOf((bytes) => bytes.float32(1))).toEqual([0, 0, 0x80, 0x3f]);
  });

  test('text and sections come after their lengths; what is long grows the buffer', () => {
    expect(bytesOf((bytes) => bytes.text('env'))).toEqual([3, 0x65, 0x6e, 0x76]);
    expect(bytesOf((bytes) => bytes.section(7, new Bytes().byte(1).byte(2)))).toEqual([7, 2, 1, 2]);
    const long = Array.from({ length: 1000 }, (_, k) => k % 251);
    expect(bytesOf((bytes) => bytes.byte(9).bytes(long))).toEqual([9, ...long]);
  });
});

describe('value numbering', () => {
  const build = (): readonly [FunctionBuilder, Local, Local] => {
    const f = new FunctionBuilder('f', [
      ['x', 'i32'],
      ['y', 'i32'],
    ]);
    return [f, f.parameter(0), f.parameter(1)];
  };

  test('gives the same local for the same operation on the same values', () => {
    const [f, x, y] = build();
    expect(f.op('i32.add', x, y)).toBe(f.op('i32.add', x, y));
    expect(f.op('i32.add', x, y)).not.toBe(f.op('i32.add', y, x));
    expect(f.op('i32.add', x, i32(1))).toBe(f.op('i32.add', x, i32(1)));
    expect(f.op('i32.add', x, i32(1))).not.toBe(f.op('i32.sub', x, i32(1)));
  });

  test('tells constants apart by type and by the sign of zero, and lanes by their number', () => {
    const [f] = build();
    expect(f.op('f64x2.splat', f64(0))).not.toBe(f.op('f64x2.splat', f64(-0)));
    const vector = f.op('i64x2.splat', i64(1n));
    expect(f.lane('i64x2.extract_lane', 0, vector)).not.toBe(f.lane('i64x2.extract_lane', 1, vector));
    expect(f.constant(new Uint8Array(16))).toBe(f.constant(new Uint8Array(16)));
    expect(f.constant(new Uint8Array(16).fill(1))).not.toBe(f.constant(new Uint8Array(16)));
  });

  test('inner scopes see what outer ones know, and nothing else', () => {
    const [f, x, y] = build();
    const outer = f.op('i32.add', x, y);
    const inner: Local[] = [];
    f.if(
      x,
      () => {
        expect(f.op('i32.add', x, y)).toBe(outer);
        inner.push(f.op('i32.mul', x, y));
      },
      () => {
        inner.push(f.op('i32.mul', x, y));
      },
    );
    f.loop(() => {
      inner.push(f.op('i32.mul', x, y));
    });
    inner.push(f.op('i32.mul', x, y));
    expect(new Set(inner).size).toBe(4);
  });

  test('does not share what is computed from variables, nor what is read from memory', () => {
    const [f, x] = build();
    const variable = f.variable('i32', x);
    expect(f.op('i32.add', variable, x)).not.toBe(f.op('i32.add', variable, x));
    const before = f.freeze(variable);
    f.set(variable, i32(7));
    expect(f.freeze(variable)).not.toBe(before);
    expect(f.op('i32.add', before, x)).toBe(f.op('i32.add', before, x));
    expect(f.load('i32.load', x)).not.toBe(f.load('i32.load', x));
    expect(f.loadConstant('v128.load64_zero', x, 8)).toBe(f.loadConstant('v128.load64_zero', x, 8));
    expect(f.loadConstant('v128.load64_zero', x, 8)).not.toBe(f.loadConstant('v128.load64_zero', x, 16));
  });
});

describe('dead code', () => {
  test('pure values without uses go, and what only they used', () => {
    const f = new FunctionBuilder('f', [['x', 'f64']]);
    const x = f.parameter(0);
    const square = f.op('f64.mul', x, x);
    f.op('f64.abs', f.op('f64.add', square, f64(1)));
    f.constant(new Uint8Array(16));
    f.freeze(f.variable('i32'));
    expect(linesOf(f)).toEqual([]);
  });

  test('branches in which nothing is left go with their conditions', () => {
    const f = new FunctionBuilder('f', [['x', 'i32']]);
    const x = f.parameter(0);
    f.if(f.op('i32.eqz', x), () => {
      f.op('i32.mul', x, x);
    });
    expect(linesOf(f)).toEqual([]);
  });

  test('calls, stores and reads of memory that may change stay', () => {
    const f = new FunctionBuilder('f', [['x', 'i32']]);
    const x = f.parameter(0);
    f.call('g', [x], 'i32');
    f.load('i32.load', x);
    f.loadConstant('v128.load64_zero', x, 0);
    f.store('i32.store', x, i32(1));
    expect(linesOf(f)).toEqual(['n1 = g(x)', 'n2 = i32.load(x)', 'i32.store(x, 1)']);
  });

  test('a choice that nobody uses goes, its exception too', () => {
    const f = new FunctionBuilder('f', [['x', 'f64']]);
    const x = f.parameter(0);
    f.choose(f.op('f64.lt', x, f64(0)), [x], () => [f.op('f64.abs', x)]);
    expect(linesOf(f)).toEqual([]);
  });
});

/** The names in the instruction table. */
function instructionNames(): readonly string[] {
  const source = readFileSync(
    new URL('../../../src/codegen/wasm/assembler/instructions.ts', import.meta.url),
    'utf8',
  );
  const found: string[] = [];
  for (const [, shape = '', names = ''] of source.matchAll(
    /^ *rows\(\s*\w+,\s*\w+,\s*'([^']*)',\s*'([^']*)'/gm,
  ))
    for (const name of names.split(' '))
      if (name !== '-') found.push(shape === '' ? name : `${shape}.${name}`);
  for (const [, name = ''] of source.matchAll(/^ *row\('([^']*)'/gm)) found.push(name);
  return found;
}

const types: readonly ValueType[] = ['i32', 'i64', 'f32', 'f64', 'v128'];

/** A function with one instruction, on parameters of every type. */
function functionWith(name: string): FunctionBuilder {
  const f = new FunctionBuilder(
    'f',
    types.map((type) => [type, type] as const),
  );
  const { operands, immediate, result } = instruction(name);
  const args = operands.map((type) => f.parameter(types.indexOf(type)));
  const [address = i32(0), value = i32(0)] = args;
  const made = (): Local | undefined => {
    switch (immediate) {
      case 'none':
        return f.op(name, ...args);
      case 'lane':
        return f.lane(name, 0, ...args);
      case 'shuffle':
        return f.lane(
          name,
          Array.from({ length: 16 }, (_, k) => 31 - k),
          ...args,
        );
      case 'memory':
        if (result !== undefined) return f.load(name, address, 1000);
        f.store(name, address, value, 1000);
        return undefined;
      case 'memoryLane':
        if (result !== undefined) return f.loadLane(name, address, value, 1, 1000);
        f.storeLane(name, address, value, 1, 1000);
        return undefined;
    }
  };
  const local = made();
  if (local !== undefined) f.set(f.variable(local.type), local);
  return f;
}

describe('arithmetic on literals', () => {
  const build = (): readonly [FunctionBuilder, Local] => {
    const f = new FunctionBuilder('f', [['x', 'i32']]);
    return [f, f.parameter(0)];
  };

  test('is done at once, also on what was a result of it', () => {
    const [f, x] = build();
    const eight = f.op('i32.mul', i32(2), f.op('i32.shl', i32(1), i32(2)));
    const three = f.op('i32.sub', f.op('i32.add', i32(4), i32(7)), eight);
    f.store('i32.store', f.op('i32.add', x, three), eight);
    f.return(three);
    expect(linesOf(f)).toEqual(['i32.store(i32.add(x, 3), 8)', 'return 3']);
  });

  test('wraps', () => {
    const [f] = build();
    f.call('g', [f.op('i32.add', i32(0x7fffffff), i32(1)), f.op('i32.mul', i32(0x10001), i32(0x10001))]);
    expect(linesOf(f)).toEqual(['g(-2147483648, 131073)']);
  });

  test('is left out where it changes nothing, and multiplies by shifts where it can', () => {
    const [f, x] = build();
    for (const same of [
      f.op('i32.add', x, i32(0)),
      f.op('i32.add', i32(0), x),
      f.op('i32.sub', x, i32(0)),
      f.op('i32.mul', i32(1), x),
      f.op('i32.shl', x, i32(0)),
    ])
      expect(same).toBe(x);
    f.call('g', [f.op('i32.mul', x, i32(0)), f.op('i32.mul', i32(8), x), f.op('i32.mul', x, i32(-8))]);
    expect(linesOf(f)).toEqual(['g(0, i32.shl(x, 3), i32.mul(x, -8))']);
  });

  test('gives a variable as it is now', () => {
    const [f, x] = build();
    const variable = f.variable('i32', x, 'v');
    const before = f.op('i32.add', variable, i32(0));
    f.set(variable, i32(5));
    f.call('g', [before, variable]);
    expect(linesOf(f)).toEqual(['v = x', 'n2 = v', 'v = 5', 'g(n2, v)']);
  });
});

describe('modules', () => {
  test('each instruction of the table is valid where its signature says', () => {
    const all = instructionNames();
    expect(all.length).toBeGreaterThan(200);
    const invalid = all.filter(
      (name) => !WebAssembly.validate(encodeModule([functionWith(name)], [], [], false)),
    );
    expect(invalid).toEqual([]);
  });

  test('import the memory, shared or not, and what they call; export the entry', () => {
    const helper = new FunctionBuilder('half', [['x', 'f64']], 'f64');
    helper.return(helper.op('f64.mul', helper.parameter(0), f64(0.5)));
    const f = new FunctionBuilder('f', [['x', 'f64']], 'f64');
    f.call('note', [f.parameter(0), i32(3)]);
    f.return(f.call('half', [f.parameter(0)], 'f64') ?? f64(0));
    const note = { name: 'note', parameters: ['f64', 'i32'] } as const;
    for (const shared of [false, true]) {
      const module = new WebAssembly.Module(encodeModule([f], [helper], [note], shared));
      expect(WebAssembly.Module.imports(module)).toEqual([
        { module: 'env', name: 'memory', kind: 'memory' },
        { module: 'env', name: 'note', kind: 'function' },
      ]);
      expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual(['f']);
      const memory = new WebAssembly.Memory(
        shared ? { initial: 1, maximum: 65_536, shared } : { initial: 1 },
      );
      const noted: unknown[] = [];
      const instance = new WebAssembly.Instance(module, {
        env: { memory, note: (...values: readonly unknown[]) => noted.push(values) },
      });
      expect((instance.exports['f'] as (x: number) => number)(5)).toBe(2.5);
      expect(noted).toEqual([[5, 3]]);
    }
  });

  test('locals of all types, loops and branches do what they say', () => {
    const f = new FunctionBuilder('power', [['n', 'i32']], 'f64');
    const left = f.variable('i32', f.parameter(0), 'left');
    const result = f.variable('f64', f64(1), 'result');
    const count = f.variable('i64', i64(0n));
    f.block((done) => {
      f.loop((again) => {
        f.branch(done, f.op('i32.eqz', left));
        f.update(result, 'f64.mul', f64(3));
        f.update(count, 'i64.add', i64(1n));
        f.update(left, 'i32.sub', i32(1));
        f.branch(again);
      });
    });
    f.return(f.op('f64.add', result, f.op('f64.convert_i64_s', count)));
    const module = new WebAssembly.Module(encodeModule([f], [], [], false));
    const instance = new WebAssembly.Instance(module, {
      env: { memory: new WebAssembly.Memory({ initial: 0 }) },
    });
    const power = instance.exports['power'] as (n: number) => number;
    expect([power(0), power(4)]).toEqual([1, 85]);
  });
});

test('the text nests what is used once, and names the rest', () => {
  const f = new FunctionBuilder('kernel', [
    ['args', 'i32'],
    ['x', 'f64'],
  ]);
  const [args, x] = [f.parameter(0), f.parameter(1)];
  const factor = f.op('f64x2.splat', f.op('f64.abs', x));
  const counter = f.variable('i32', i32(0), 'k');
  f.comment('once around');
  f.loop((again) => {
    const loaded = f.load('v128.load', args, 16);
    const product = f.op('f64x2.mul', loaded, factor);
    const sum = f.op('f64x2.add', product, product);
    f.if(
      f.op('i32.eqz', args),
      () => {
        f.storeLane('v128.store64_lane', args, sum, 1, 8);
      },
      () => {
        f.call('note', [f.lane('f64x2.extract_lane', 1, sum)]);
      },
    );
    f.update(counter, 'i32.add', i32(1));
    f.branch(again, f.op('i32.lt_s', counter, i32(3)));
  });
  expect(printFunction(f)).toMatchInlineSnapshot(`
    "func kernel(args: i32, x: f64)
      x2 = f64x2.splat(f64.abs(x))
      k = 0
      ;; once around
      loop l0
        x4 = f64x2.mul(v128.load(args + 16), x2)
        x5 = f64x2.add(x4, x4)
        if i32.eqz(args)
          v128.store64_lane[1](args + 8, x5)
        else
          note(f64x2.extract_lane[1](x5))
        k = i32.add(k, 1)
        if i32.lt_s(k, 3): branch l0
    "
  `);
});

test('names of locals are never those of types; labels and constants can be told apart', () => {
  const f = new FunctionBuilder('kernel', [['f64', 'i32']]);
  const address = f.parameter(0);
  const numbers = Array.from({ length: 140 }, (_, k) => f.load('i32.load', address, 4 * k));
  const all = numbers.reduce((x, y) => f.op('i32.add', x, y));
  f.block((done) => {
    f.loop((again) => {
      f.branch(done, all);
      f.branch(again);
    });
  });
  const words = (...values: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
  for (const bytes of [
    new Uint8Array(Float64Array.of(-0, -0).buffer),
    new Uint8Array(Float64Array.of(0.1, 0.1).buffer),
    words(1, 1, 1, 1),
    words(0xffffffff, 0x7fffffff, 0xffffffff, 0x7fffffff),
    words(1, 2, 3, 4),
  ])
    f.store('v128.store', address, f.constant(bytes));
  const lines = linesOf(f);
  expect(lines.filter((line) => /^(?:[if]32|[if]64|v128)\b =/.test(line))).toEqual([]);
  expect(lines.slice(lines.indexOf('block b0'))).toEqual([
    'block b0',
    'loop l1',
    expect.stringMatching(/: branch b0$/),
    'branch l1',
    ...Array.from({ length: 5 }, () => expect.stringMatching(/^v128\.store/) as unknown),
  ]);
  expect(lines.filter((line) => line.startsWith('x')).map((line) => line.split(' = ')[1])).toEqual([
    'f64x2(-0)',
    'f64x2(0.1)',
    'i32x4(0x00000001)',
    'i64x2(0x7fffffffffffffff)',
    'v128(00000001 00000002 00000003 00000004)',
  ]);
});

describe('misuse is found at once', () => {
  const f = new FunctionBuilder('f', [['x', 'i32']]);
  const x = f.parameter(0);
  test.each<[string, () => unknown, RegExp]>([
    ['an unknown instruction', () => f.op('f64x2.sine', x), /there is no instruction f64x2\.sine/],
    ['an operand of another type', () => f.op('i32.add', x, f64(1)), /operand 1 of i32\.add is i32, not f64/],
    ['a choice between two types', () => f.op('select', f64(1), x, x), /operand 1 of select is f64, not i32/],
    ['a variable of another type', () => f.variable('f64', x), /a local of type f64 cannot be set to i32/],
    ['too few operands', () => f.op('i32.add', x), /i32\.add takes 2 operands, not 1/],
    ['a value of an instruction that has none', () => f.op('i32.store', x, x), /i32\.store has no result/],
    ['a parameter that is not there', () => f.parameter(1), /f has no parameter 1/],
    [
      'a value set twice',
      () => {
        f.set(x, i32(1));
      },
      /a value is set twice/,
    ],
  ])('%s', (_, code, message) => {
    expect(code).toThrow(message);
  });

  test('a call of a function that is not in the module', () => {
    const lost = new FunctionBuilder('lost', []);
    lost.call('elsewhere', []);
    expect(() => encodeModule([lost], [], [], false)).toThrow(/there is no function elsewhere/);
  });

  test('a branch from outside of its block', () => {
    const stray = new FunctionBuilder('stray', []);
    const labels: Label[] = [];
    stray.block((label) => {
      labels.push(label);
    });
    for (const label of labels) stray.branch(label);
    expect(() => encodeModule([stray], [], [], false)).toThrow(/a branch leaves no enclosing block/);
  });
});
