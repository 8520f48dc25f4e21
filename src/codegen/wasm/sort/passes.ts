/**
 * The loops of a sort, each over a range of elements or records: scanning, counting digits, moving by them, mending by
 * insertion, delivering the results. They are called for blocks of a row, so that a long row moves to optimized code
 * while it is sorted, and so that threads can share it.
 */
import { FunctionBuilder } from '../assembler/function.ts';
import type { ValueType } from '../assembler/instructions.ts';
import { i32, i64, type Local, type Operand } from '../assembler/operands.ts';
import { add, functionOf, subtract } from '../matmul/loops.ts';
import { asWord, type Keys } from './keys.ts';

/** Runs `body` for each address from `start` on, below `end`. */
export function forAddresses(
  f: FunctionBuilder,
  start: Operand,
  end: Operand,
  step: number,
  body: (address: Local) => void,
): void {
  const address = f.variable('i32', start, 'at');
  f.if(f.op('i32.lt_u', address, end), () => {
    f.loop((again) => {
      body(address);
      f.update(address, 'i32.add', i32(step));
      f.branch(again, f.op('i32.lt_u', address, end));
    });
  });
}

export const counterBytes = 4;
const counterOf = (f: FunctionBuilder, counts: Operand, digit: Operand): Local =>
  add(f, counts, f.op('i32.shl', digit, i32(2)));

/** One more of a digit. */
export function count(f: FunctionBuilder, counts: Operand, digit: Operand): void {
  const counter = counterOf(f, counts, digit);
  f.store('i32.store', counter, add(f, f.load('i32.load', counter), i32(1)));
}

/** Where the next record with a digit goes. */
export function place(f: FunctionBuilder, counts: Operand, digit: Operand, bytes: number): Local {
  const counter = counterOf(f, counts, digit);
  const to = f.load('i32.load', counter);
  f.store('i32.store', counter, add(f, to, i32(bytes)));
  return to;
}

/** Counts digits of elements: one after another in tables that are `tableBytes` apart. */
export function countElements(keys: Keys, digits: number, tableBytes: number): FunctionBuilder {
  const shiftNames = Array.from({ length: digits }, (_, k) => `shift${k}`);
  const [f, p] = functionOf(`count${digits}`, ['from', 'end', 'counts', 'leading', 'mask', ...shiftNames]);
  const parameter = (name: string): Operand => p[name] ?? i32(0);
  const leading = asWord(f, keys.type, parameter('leading'));
  const shifts = shiftNames.map((name) => asWord(f, keys.recordType, parameter(name)));
  forAddresses(f, parameter('from'), parameter('end'), keys.bytes, (at) => {
    const bits = keys.digits(f, keys.aligned(f, at, leading));
    shifts.forEach((shift, k) => {
      const table = add(f, parameter('counts'), i32(k * tableBytes));
      count(f, table, keys.digit(f, bits, shift, parameter('mask')));
    });
  });
  return f;
}

export function countRecords(keys: Keys): FunctionBuilder {
  const [f, p] = functionOf('countRecords', ['from', 'end', 'counts', 'mask', 'shift']);
  const shift = asWord(f, keys.recordType, p.shift);
  forAddresses(f, p.from, p.end, keys.recordBytes, (at) => {
    count(f, p.counts, keys.digit(f, keys.loadRecord(f, at), shift, p.mask));
  });
  return f;
}

/** Counts become the addresses from `target` on where what has each digit begins; each takes `size` bytes. */
export function sumCounts(): FunctionBuilder {
  const [f, p] = functionOf('sumCounts', ['counts', 'end', 'target', 'size']);
  const to = f.variable('i32', p.target, 'to');
  forAddresses(f, p.counts, p.end, counterBytes, (at) => {
    const bytes = f.op('i32.mul', f.load('i32.load', at), p.size);
    f.store('i32.store', at, to);
    f.update(to, 'i32.add', bytes);
  });
  return f;
}

/** Moves elements, as records, to where the records of their digits go. `index` is the position of the first. */
export function moveElements(keys: Keys): FunctionBuilder {
  const [f, p] = functionOf('moveElements', ['from', 'end', 'counts', 'leading', 'mask', 'shift', 'index']);
  const leading = asWord(f, keys.type, p.leading);
  const shift = asWord(f, keys.recordType, p.shift);
  const index = f.variable('i32', p.index, 'position');
  forAddresses(f, p.from, p.end, keys.bytes, (at) => {
    const bits = keys.digits(f, keys.aligned(f, at, leading));
    const to = place(f, p.counts, keys.digit(f, bits, shift, p.mask), keys.recordBytes);
    keys.storeRecord(f, to, keys.record(f, bits, index));
    if (keys.hasPositions) f.update(index, 'i32.add', i32(1));
  });
  return f;
}

export function moveRecords(keys: Keys): FunctionBuilder {
  const [f, p] = functionOf('moveRecords', ['from', 'end', 'counts', 'mask', 'shift']);
  const shift = asWord(f, keys.recordType, p.shift);
  forAddresses(f, p.from, p.end, keys.recordBytes, (at) => {
    const record = keys.loadRecord(f, at);
    const to = place(f, p.counts, keys.digit(f, record, shift, p.mask), keys.recordBytes);
    keys.storeRecord(f, to, record);
  });
  return f;
}

/** The address of the element that a record is about. */
const elementAt = (f: FunctionBuilder, keys: Keys, x: Operand, record: Local): Local =>
  add(f, x, f.op('i32.mul', f.op('i32.wrap_i64', record), i32(keys.bytes)));

/** Moves records by digits of their elements, which a record has only a part of. */
export function moveByElements(keys: Keys): FunctionBuilder {
  const [f, p] = functionOf('moveByElements', ['from', 'end', 'counts', 'mask', 'shift', 'x', 'leading']);
  const shift = asWord(f, keys.recordType, p.shift);
  const leading = asWord(f, keys.type, p.leading);
  forAddresses(f, p.from, p.end, keys.recordBytes, (at) => {
    const record = keys.loadRecord(f, at);
    const bits = keys.digits(f, keys.aligned(f, elementAt(f, keys, p.x, record), leading));
    const to = place(f, p.counts, keys.digit(f, bits, shift, p.mask), keys.recordBytes);
    keys.storeRecord(f, to, record);
  });
  return f;
}

/** What insertion moves. */
export interface Movable {
  readonly type: ValueType;
  readonly bytes: number;
  load(f: FunctionBuilder, address: Operand): Local;
  store(f: FunctionBuilder, address: Operand, value: Operand): void;
  /** Whether one belongs behind the next one; `x` is the address of the row. */
  isGreater(f: FunctionBuilder, one: Local, next: Local, x: Local): Operand;
}

export const movableRecords = (keys: Keys): Movable => ({
  type: keys.recordType,
  bytes: keys.recordBytes,
  load: (f, address) => keys.loadRecord(f, address),
  store: (f, address, record) => {
    keys.storeRecord(f, address, record);
  },
  isGreater(f, record, next, x) {
    const greater = keys.recordOp(f, 'gt_u', record, next);
    if (!keys.hasPositions || keys.bits === 32) return greater;
    const result = f.variable('i32', greater, 'greater');
    const code = (one: Local): Local => f.op('i64.shr_u', one, i64(32n));
    f.if(f.op('i64.eq', code(record), code(next)), () => {
      const key = (one: Local): Local => keys.key(f, keys.load(f, elementAt(f, keys, x, one)));
      f.set(result, keys.op(f, 'gt_u', key(record), key(next)));
    });
    return result;
  },
});

export const movableElements = (keys: Keys): Movable => ({
  type: keys.type,
  bytes: keys.bytes,
  load: (f, address) => keys.load(f, address),
  store: (f, address, element) => {
    keys.store(f, address, element);
  },
  isGreater: (f, element, next) => keys.isGreater(f, element, next),
});

/**
 * Insertion, where something from `from` to `end` is less than that before it. Gives the number of moves, and stops
 * early where that exceeds `budget`.
 */
export function mend(name: string, { type, bytes, ...movable }: Movable): FunctionBuilder {
  const names = ['from', 'end', 'start', 'x', 'budget'] as const;
  const f = new FunctionBuilder(
    name,
    names.map((parameter) => [parameter, 'i32'] as const),
    'i32',
  );
  const [from, end, start, x, budget] = [0, 1, 2, 3, 4].map((k) => f.parameter(k)) as [
    Local,
    Local,
    Local,
    Local,
    Local,
  ];
  const size = i32(bytes);
  const moves = f.variable('i32', i32(0), 'moves');
  const last = f.variable(type, movable.load(f, subtract(f, from, size)), 'last');
  f.block((done) => {
    forAddresses(f, from, end, bytes, (at) => {
      const one = movable.load(f, at);
      f.if(
        movable.isGreater(f, last, one, x),
        () => {
          const hole = f.variable('i32', at, 'hole');
          const before = f.variable(type, last, 'before');
          f.loop((again) => {
            movable.store(f, hole, before);
            f.update(hole, 'i32.sub', size);
            f.update(moves, 'i32.add', i32(1));
            f.if(f.op('i32.gt_u', hole, start), () => {
              f.set(before, movable.load(f, subtract(f, hole, size)));
              f.branch(again, movable.isGreater(f, before, one, x));
            });
          });
          movable.store(f, hole, one);
          f.branch(done, f.op('i32.gt_s', moves, budget));
        },
        () => {
          f.set(last, one);
        },
      );
    });
  });
  f.return(moves);
  return f;
}

/** Where the results of a row, or of a part of one, go. */
export interface Results {
  readonly values: boolean;
  readonly positions: boolean;
}

const positionBytes = 4;

/** Writes the results of records in order. `common` has the bits of a key in front of an aligned one. */
export function deliver(keys: Keys, results: Results): FunctionBuilder {
  const names = ['from', 'end', 'values', 'positions', 'x', 'leading'] as const;
  const f = new FunctionBuilder('deliver', [
    ...names.map((name) => [name, 'i32'] as const),
    ['common', keys.type] as const,
  ]);
  const [from, end, values, positions, x, leading, common] = [...names, 'common'].map((_, k) =>
    f.parameter(k),
  ) as [Local, Local, Local, Local, Local, Local, Local];
  const shift = asWord(f, keys.type, leading);
  const value = f.variable('i32', values, 'value');
  const position = f.variable('i32', positions, 'position');
  forAddresses(f, from, end, keys.recordBytes, (at) => {
    const record = keys.loadRecord(f, at);
    if (results.positions) {
      f.store('i32.store', position, f.op('i32.wrap_i64', record));
      f.update(position, 'i32.add', i32(positionBytes));
    }
    if (!results.values) return;
    if (keys.hasPositions) keys.store(f, value, keys.load(f, elementAt(f, keys, x, record)));
    else {
      const key = keys.op(f, 'or', keys.op(f, 'shr_u', record, shift), common);
      keys.store(f, value, keys.element(f, key));
    }
    f.update(value, 'i32.add', i32(keys.bytes));
  });
  return f;
}

/** Writes the results of a row that is in order, or in reverse order: `step` is that of its positions, 1 or -1. */
export function deliverInOrder(keys: Keys, results: Results): FunctionBuilder {
  const [f, p] = functionOf('deliverInOrder', ['x', 'values', 'positions', 'from', 'n', 'step']);
  const index = f.variable('i32', p.from, 'index');
  const left = f.variable('i32', p.n, 'left');
  const value = f.variable('i32', p.values, 'value');
  const position = f.variable('i32', p.positions, 'position');
  f.if(left, () => {
    f.loop((again) => {
      if (results.values) {
        const element = keys.load(f, add(f, p.x, f.op('i32.mul', index, i32(keys.bytes))));
        keys.store(f, value, element);
        f.update(value, 'i32.add', i32(keys.bytes));
      }
      if (results.positions) {
        f.store('i32.store', position, index);
        f.update(position, 'i32.add', i32(positionBytes));
      }
      f.update(index, 'i32.add', p.step);
      f.update(left, 'i32.sub', i32(1));
      f.branch(again, left);
    });
  });
  return f;
}

/** Zeros and NaNs, which share keys, are written again bit for bit, in the order that they have in the row. */
export function restoreSpecials(keys: Keys): FunctionBuilder {
  const [f, p] = functionOf('restoreSpecials', ['x', 'end', 'values', 'valuesEnd']);
  const zeroKey = keys.constant(1n << BigInt(keys.bits - 1));
  const zeros = f.variable('i32', p.values, 'zeros');
  const nans = f.variable('i32', p.valuesEnd, 'nans');
  const nanKey = keys.constant(-1n);
  const bytes = i32(keys.bytes);
  forAddresses(f, p.x, p.end, keys.bytes, (at) => {
    const key = keys.key(f, keys.load(f, at));
    f.if(keys.op(f, 'lt_u', key, zeroKey), () => {
      f.update(zeros, 'i32.add', bytes);
    });
    f.if(keys.op(f, 'eq', key, nanKey), () => {
      f.update(nans, 'i32.sub', bytes);
    });
  });
  forAddresses(f, p.x, p.end, keys.bytes, (at) => {
    const element = keys.load(f, at);
    const key = keys.key(f, element);
    for (const [special, to] of [
      [zeroKey, zeros],
      [nanKey, nans],
    ] as const)
      f.if(keys.op(f, 'eq', key, special), () => {
        keys.store(f, to, element);
        f.update(to, 'i32.add', bytes);
      });
  });
  return f;
}

/** Sorts a row of bytes: how often each occurs says all about it. */
export function sortBytes(keys: Keys): FunctionBuilder {
  const [f, p] = functionOf('sortBytes', ['x', 'end', 'values', 'counts']);
  // Neighbours count in tables of their own: a counter that was just stored is slow to load.
  const tables = 4;
  const tableBytes = 256 * counterBytes;
  const allCounts = add(f, p.counts, i32(tables * tableBytes));
  forAddresses(f, p.counts, allCounts, 16, (at) => {
    f.store('v128.store', at, f.constant(new Uint8Array(16)));
  });
  const whole = f.op('i32.and', subtract(f, p.end, p.x), i32(-8));
  const wholeEnd = add(f, p.x, whole);
  forAddresses(f, p.x, wholeEnd, 8, (at) => {
    for (const half of [0, 4]) {
      const word = f.load('i32.load', at, half);
      for (let k = 0; k < 4; k++) {
        const byte = f.op('i32.and', f.op('i32.shr_u', word, i32(8 * k)), i32(255));
        count(f, add(f, p.counts, i32(k * tableBytes)), byte);
      }
    }
  });
  forAddresses(f, wholeEnd, p.end, 1, (at) => {
    count(f, p.counts, f.load('i32.load8_u', at));
  });
  const to = f.variable('i32', p.values, 'to');
  const key = f.variable('i32', i32(0), 'key');
  f.loop((again) => {
    const byte = keys.element(f, f.freeze(key));
    const counter = counterOf(f, p.counts, byte);
    let sum = f.load('i32.load', counter);
    for (let k = 1; k < tables; k++) sum = add(f, sum, f.load('i32.load', counter, k * tableBytes));
    const end = f.freeze(add(f, to, sum));
    const vector = f.op('i8x16.splat', byte);
    const left = f.variable('i32', sum, 'left');
    f.if(f.op('i32.ge_s', left, i32(16)), () => {
      f.loop((more) => {
        f.store('v128.store', to, vector);
        f.update(to, 'i32.add', i32(16));
        f.update(left, 'i32.sub', i32(16));
        f.branch(more, f.op('i32.ge_s', left, i32(16)));
      });
    });
    f.if(f.op('i32.gt_s', left, i32(0)), () => {
      f.loop((more) => {
        f.store('i32.store8', to, byte);
        f.update(to, 'i32.add', i32(1));
        f.branch(more, f.op('i32.lt_u', to, end));
      });
    });
    f.update(key, 'i32.add', i32(1));
    f.branch(again, f.op('i32.lt_u', key, i32(256)));
  });
  return f;
}
