/** What an engine refuses to compile runs elsewhere with the same bits, once for all, and explain says why. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { byEngine } from '../../src/codegen/refusal.ts';
import { jsTarget } from '../../src/codegen/js/target.ts';
import type { Target } from '../../src/codegen/target.ts';
import { wasmTarget } from '../../src/codegen/wasm/target.ts';
import { registerTarget } from '../../src/runtime/executors/registry.ts';

const takeBack: (() => void)[] = [];
let tried = 0;

/** The target, on an engine that compiles nothing. */
const refusing = (target: Target, error: () => Error, standIn?: Target): Target => ({
  name: target.name,
  memory: target.memory,
  available: true,
  compile() {
    tried++;
    return byEngine(() => {
      throw error();
    });
  },
  ...(standIn === undefined ? {} : { standIn }),
});

const tooManyLocals = (): Error => new WebAssembly.CompileError('local count too large');
const tooLong = (): Error => new RangeError('Invalid string length');

beforeEach(() => {
  tried = 0;
  lz.clearCache();
});

afterEach(() => {
  for (const back of takeBack.splice(0).reverse()) back();
  lz.clearCache();
});

const data = Float64Array.from({ length: 1000 }, (_, k) => Math.sin(k) * 3);
const softmax = (x: LazyArray<'float64'>): LazyArray<'float64'> => {
  const e = x.sub(x.max()).exp();
  return e.div(e.sum());
};
const wanted = softmax(lz.array(data)).dataSync({ target: 'reference' });

describe('a kernel that WebAssembly refuses runs as JavaScript on the same memory', () => {
  beforeEach(() => {
    takeBack.push(registerTarget(refusing(wasmTarget, tooManyLocals, jsTarget)));
  });

  test('evaluated, compiled, and in batches', async () => {
    const x = lz.array(data);
    expect(softmax(x).dataSync({ target: 'wasm' })).toEqual(wanted);
    const f = lz.compile(softmax, { target: 'wasm' });
    expect(f(x).dataSync()).toEqual(wanted);
    const many = Array.from({ length: 40 }, () => softmax(lz.array(data)));
    await lz.evaluate(many, { target: 'wasm' });
    for (const one of many) expect(one.dataSync()).toEqual(wanted);
  });

  test('explain says so, before and after', () => {
    const y = softmax(lz.array(data));
    const reason = 'the engine does not compile the code for wasm (local count too large)';
    expect(y.explain({ target: 'wasm' }).toString()).toContain(reason);
    y.evaluateSync({ target: 'wasm' });
    const [kernel] = y.explain().toJSON().plan.kernels;
    expect(kernel?.target).toBe('js');
    expect(kernel?.code?.notes).toContain(reason);
    expect(softmax(lz.array(data)).explain({ target: 'wasm' }).toString('analyze')).toContain('measured');
    expect(softmax(lz.array(data)).explain({ target: 'wasm' }).toString('code')).toContain('function kernel');
  });

  test('it is tried once', () => {
    for (let k = 0; k < 5; k++) softmax(lz.array(data)).dataSync({ target: 'wasm', memo: false });
    const f = lz.compile(softmax, { target: 'wasm' });
    for (let k = 0; k < 5; k++) f(lz.array(data)).dataSync();
    expect(tried).toBe(1);
  });
});

describe('what no engine compiles is evaluated by the reference evaluator', () => {
  beforeEach(() => {
    takeBack.push(registerTarget(refusing(wasmTarget, tooManyLocals)));
    takeBack.push(registerTarget(refusing(jsTarget, tooLong)));
  });

  test.each(['auto', 'wasm', 'js'] as const)('%s', async (target) => {
    const x = lz.array(data);
    expect(softmax(x).dataSync({ target })).toEqual(wanted);
    const f = lz.compile(softmax, { target });
    expect(f(x).dataSync()).toEqual(wanted);
    const out = new Float64Array(1000);
    f.into(out, x);
    expect(out).toEqual(wanted);
    const many = Array.from({ length: 10 }, () => softmax(lz.array(data)));
    await lz.evaluate(many, { target });
    for (const one of many) expect(one.dataSync()).toEqual(wanted);
    const y = softmax(lz.array(data));
    y.evaluateSync({ target });
    expect(y.explain().toString()).toContain('the reference evaluator runs (slow)');
    expect(softmax(lz.array(data)).explain({ target }).toString('analyze')).toContain('not measured');
    expect(softmax(lz.array(data)).explain({ target }).toString('code')).toContain('no code');
    expect(tried).toBeLessThanOrEqual(4);
  });
});

test('what JavaScript refuses runs on WebAssembly, where both may run', () => {
  takeBack.push(registerTarget(refusing(jsTarget, tooLong)));
  const y = lz.array([1, 2]).add(1);
  expect(y.dataSync()).toEqual(Float64Array.of(2, 3));
  const { plan } = y.explain().toJSON();
  expect(plan.target).toBe('wasm');
  expect(plan.reasons.join()).toContain('does not compile the code for js (Invalid string length): wasm');
});

test('a mistake in generated code is no refusal', () => {
  takeBack.push(registerTarget(refusing(jsTarget, () => new TypeError('undefined is not a function'))));
  expect(() => softmax(lz.array(data)).dataSync({ target: 'js' })).toThrow(TypeError);
});

test.each([
  () => new TypeError('undefined is not a function'),
  () => new RangeError('Invalid array length'),
  () => new RangeError('Maximum call stack size exceeded'),
  () => new SyntaxError('Cannot convert x to a BigInt'),
])('a mistake of the code generator is no refusal: %s', (error) => {
  const broken: Target = {
    ...refusing(jsTarget, error),
    compile() {
      throw error();
    },
  };
  takeBack.push(registerTarget(broken));
  expect(() => softmax(lz.array(data)).dataSync({ target: 'js' })).toThrow(error());
});

test('a program that was compiled with little of the stack left is compiled another time', () => {
  let left = 1;
  const short: Target = {
    ...refusing(jsTarget, tooLong),
    compile(kernel) {
      if (left-- > 0)
        return byEngine(() => {
          throw new RangeError('Maximum call stack size exceeded');
        });
      return jsTarget.compile(kernel);
    },
  };
  takeBack.push(registerTarget(short));
  const targetOf = (): string => {
    const y = softmax(lz.array(data));
    expect(y.dataSync({ target: 'js' })).toEqual(wanted);
    return y.explain().toJSON().plan.target;
  };
  targetOf();
  expect(targetOf()).toBe('js');
  expect(lz.cacheInfo().kernels.entries).toBeGreaterThan(0);
});
