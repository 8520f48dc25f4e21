/** How one row is sorted on one thread: which loops of `passes.ts` run, over which digits (`codegen/radix.ts`). */
import {
  countingLength,
  digitSizes,
  insertionLength,
  mostDigitBits,
  movesPerElement,
  prefixPasses,
} from '../../radix.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { f64, i32, type Local, type Operand } from '../assembler/operands.ts';
import { add, at, functionOf, minimum, multiply, subtract } from '../matmul/loops.ts';
import type { ModuleContext } from '../module/context.ts';
import { asWord, type Keys } from './keys.ts';
import {
  countElements,
  deliver,
  deliverInOrder,
  forAddresses,
  mend,
  moveByElements,
  moveElements,
  movableElements,
  movableRecords,
  moveRecords,
  restoreSpecials,
  sortBytes,
  sumCounts,
  type Movable,
  type Results,
} from './passes.ts';
import { found, scan } from './scan.ts';
import { codeArguments, codeScale, countCodes, isSpread, moveByCodes, type CodePlan } from './values.ts';

/** Elements of a block: a call of a loop. */
const blockElements = 16_384;

export const tableBytes = 4 << mostDigitBits;
/** Tables of counts. */
export const countBytes = prefixPasses * tableBytes;

/** What a row is sorted with. */
interface RowPlan extends RowAddresses {
  readonly n: Local;
  readonly counts: Local;
}

/** Where a row and its results are, and two arrays of records. */
interface RowAddresses {
  readonly x: Local;
  readonly values: Local;
  readonly positions: Local;
  readonly first: Local;
  readonly second: Local;
}

/** The buffers of a call, by position; those of results that it does not store are `undefined`. */
export interface CallBuffers {
  readonly values: number | undefined;
  readonly positions: number | undefined;
  readonly scratch: number;
}

/** The addresses of a row; those of the first one where none is given. */
export function addressesOf(
  f: FunctionBuilder,
  keys: Keys,
  buffers: CallBuffers,
  n: Local,
  address: (buffer: number) => Local,
  row: Local | undefined,
): RowAddresses {
  const rowOf = (buffer: number | undefined, bytes: number): Local => {
    const start = buffer === undefined ? n : address(buffer);
    return row === undefined ? start : at(f, start, row, multiply(f, n, i32(bytes)));
  };
  const [values, first] = [rowOf(buffers.values, keys.bytes), address(buffers.scratch)];
  // Without positions, records of eight bytes are as long as results.
  const isBorrowed = !keys.hasPositions && keys.bytes === 8;
  return {
    x: rowOf(0, keys.bytes),
    values,
    positions: rowOf(buffers.positions, 4),
    first,
    second: isBorrowed ? values : at(f, first, n, i32(keys.recordBytes)),
  };
}

const parameters = ['x', 'values', 'positions', 'first', 'second', 'n', 'counts'] as const;

/** Calls `body` with the bounds of blocks of an array at `start`, from one position to another. */
export function forBlocks(
  f: FunctionBuilder,
  start: Operand,
  bytes: number,
  fromPosition: Operand,
  endPosition: Operand,
  body: (from: Local, end: Local) => void,
): void {
  const from = f.variable('i32', at(f, start, fromPosition, i32(bytes)), 'block');
  const end = at(f, start, endPosition, i32(bytes));
  f.if(f.op('i32.lt_u', from, end), () => {
    f.loop((again) => {
      const left = subtract(f, end, from);
      const whole = i32(blockElements * bytes);
      const blockEnd = add(f, from, f.op('select', left, whole, f.op('i32.lt_u', left, whole)));
      body(f.freeze(from), blockEnd);
      f.set(from, blockEnd);
      f.branch(again, f.op('i32.lt_u', from, end));
    });
  });
}

/** The position of the first differing bit, where keys differ in these bits, and the number of those up to the last. */
export function bitsOf(
  f: FunctionBuilder,
  keys: Keys,
  differ: Operand,
): { readonly leading: Local; readonly width: Local } {
  const count = (name: string): Local => {
    const bits = keys.op(f, name, differ);
    return keys.type === 'i64' ? f.op('i32.wrap_i64', bits) : bits;
  };
  const leading = count('clz');
  return { leading, width: subtract(f, subtract(f, i32(keys.bits), leading), count('ctz')) };
}

/** The bits of the first key in front of an aligned one. */
export function commonBits(f: FunctionBuilder, keys: Keys, x: Operand, leading: Operand): Local {
  const key = keys.key(f, keys.load(f, x));
  const ones = keys.op(f, 'shr_u', keys.constant(-1n), asWord(f, keys.type, leading));
  return keys.op(f, 'and', key, keys.op(f, 'xor', ones, keys.constant(-1n)));
}

const divideUp = (f: FunctionBuilder, x: Operand, y: Operand): Local =>
  f.op('i32.div_u', subtract(f, add(f, x, y), i32(1)), y);

/** The bits of a digit in rows of this length. */
export function digitBitsOf(f: FunctionBuilder, n: Local): Local {
  const most = f.variable('i32', i32(digitSizes[0].bits), 'most');
  digitSizes.forEach(({ from }, k) => {
    const shorter = digitSizes[k + 1];
    if (shorter === undefined) return;
    f.if(f.op('i32.lt_u', n, i32(from)), () => {
      f.set(most, i32(shorter.bits));
    });
  });
  return f.freeze(most);
}

/** The digits of the prefix, where keys differ in `width` bits, and whether they are all of these. */
export function planDigits(
  f: FunctionBuilder,
  keys: Keys,
  n: Local,
  width: Local,
): { readonly passes: Local; readonly bits: Local; readonly isExact: Local } {
  const most = digitBitsOf(f, n);
  const passes = minimum(f, divideUp(f, width, most), i32(prefixPasses));
  const bits = minimum(f, divideUp(f, width, passes), most);
  const isExact = f.op(
    'i32.and',
    f.op('i32.ge_u', multiply(f, passes, bits), width),
    f.op('i32.le_u', width, i32(keys.codeBits)),
  );
  return { passes, bits, isExact };
}

/** The shift of a digit, `least` at least: passes go from the least significant digit to the most. */
export function digitShift(
  f: FunctionBuilder,
  keys: Keys,
  pass: Operand,
  passes: Operand,
  bits: Operand,
  least = keys.recordBits - keys.codeBits,
): Local {
  const above = multiply(f, bits, subtract(f, passes, pass));
  const shift = subtract(f, i32(keys.recordBits), above);
  return f.op('select', shift, i32(least), f.op('i32.gt_s', shift, i32(least)));
}

/** The end of a table with a counter for each digit. */
const tableEnd = (f: FunctionBuilder, table: Operand, mask: Operand): Local =>
  at(f, table, add(f, mask, i32(1)), i32(4));

export function clearTable(f: FunctionBuilder, table: Operand, mask: Operand): void {
  forAddresses(f, table, tableEnd(f, table, mask), 16, (address) => {
    f.store('v128.store', address, f.constant(new Uint8Array(16)));
  });
}

export function sortRow(keys: Keys, results: Results, module: ModuleContext): FunctionBuilder {
  const [f, plan] = functionOf('sortRow', parameters);
  const sorter = new RowSorter(f, keys, results, module, plan);
  if (keys.bytes > 1 || keys.hasPositions) sorter.sort();
  else {
    const { x, values, n, counts } = plan;
    f.if(
      f.op('i32.ge_u', n, i32(countingLength)),
      () => {
        f.call(
          module.helper('sortBytes', () => sortBytes(keys)),
          [x, add(f, x, n), values, counts],
        );
      },
      () => {
        sorter.sort();
      },
    );
  }
  return f;
}

class RowSorter {
  readonly #f: FunctionBuilder;
  readonly #keys: Keys;
  readonly #results: Results;
  readonly #module: ModuleContext;
  readonly #plan: RowPlan;

  constructor(f: FunctionBuilder, keys: Keys, results: Results, module: ModuleContext, plan: RowPlan) {
    this.#f = f;
    this.#keys = keys;
    this.#results = results;
    this.#module = module;
    this.#plan = plan;
  }

  #helper(name: string, build: () => FunctionBuilder): string {
    return this.#module.helper(name, build);
  }

  /** Blocks of the row. */
  #elements(from: number, body: (from: Local, end: Local) => void): void {
    const { x, n } = this.#plan;
    forBlocks(this.#f, x, this.#keys.bytes, i32(from), n, body);
  }

  #records(start: Operand, from: number, body: (from: Local, end: Local) => void): void {
    forBlocks(this.#f, start, this.#keys.recordBytes, i32(from), this.#plan.n, body);
  }

  sort(): void {
    const [f, keys] = [this.#f, this.#keys];
    const { x, values, positions, n } = this.#plan;
    const scanned = new Scanned(f, keys);
    this.#elements(1, (from, end) => {
      scanned.add(
        this.#helper('scan', () => scan(keys)),
        [from, end, x],
      );
    });
    const has = (mask: number): Local => f.op('i32.and', scanned.flags, i32(mask));
    const inOrder = (from: Operand, step: number): void => {
      const name = this.#helper('deliverInOrder', () => deliverInOrder(keys, this.#results));
      f.call(name, [x, values, positions, from, n, i32(step)]);
    };
    f.if(
      f.op('i32.eqz', has(found.falls)),
      () => {
        inOrder(i32(0), 1);
      },
      () => {
        // Equal elements in reverse order are alike unless positions tell them apart.
        const ordered = keys.hasPositions ? found.rises | found.stays : found.rises;
        f.if(
          f.op('i32.eqz', has(ordered)),
          () => {
            inOrder(subtract(f, n, i32(1)), -1);
            this.#restore(scanned.flags);
          },
          () => {
            this.#unordered(scanned);
          },
        );
      },
    );
  }

  /** Special floats that share keys get their bits back. */
  #restore(flags: Local): void {
    const [f, keys] = [this.#f, this.#keys];
    const { x, values, n } = this.#plan;
    if (!keys.isFloat || keys.hasPositions) return;
    f.if(f.op('i32.and', flags, i32(found.nan | found.negativeZero)), () => {
      const bytes = multiply(f, n, i32(keys.bytes));
      const name = this.#helper('restoreSpecials', () => restoreSpecials(keys));
      f.call(name, [x, add(f, x, bytes), values, add(f, values, bytes)]);
    });
  }

  #unordered(scanned: Scanned): void {
    const [f, keys] = [this.#f, this.#keys];
    const { n } = this.#plan;
    const { leading, width } = bitsOf(f, keys, f.freeze(scanned.differ));
    const isSorted = f.variable('i32', i32(0), 'isSorted');
    if (!keys.hasPositions) {
      const isLong = f.op('i32.gt_u', n, i32(insertionLength));
      const hasNaN = f.op('i32.and', scanned.flags, i32(found.nan));
      f.if(f.op('i32.and', isLong, f.op('i32.eqz', hasNaN)), () => {
        f.set(isSorted, this.#byCodes(scanned, leading));
      });
    }
    f.if(f.op('i32.eqz', isSorted), () => {
      this.#byDigits(leading, width);
      this.#restore(scanned.flags);
    });
  }

  /** Sorts values by their codes: whether that was enough, as 0 or 1. */
  #byCodes(scanned: Scanned, leading: Local): Local {
    const [f, keys] = [this.#f, this.#keys];
    const { x, values, first, n, counts } = this.#plan;
    const bits = digitBitsOf(f, n);
    const codes = codeArguments(codePlanOf(f, keys, scanned, leading, bits));
    const mask = subtract(f, f.op('i32.shl', i32(1), bits), i32(1));
    const tables = [counts, add(f, counts, i32(tableBytes))] as const;
    for (const table of tables) clearTable(f, table, mask);
    this.#elements(0, (from, end) => {
      const name = this.#helper('countCodes', () => countCodes(keys, tableBytes));
      f.call(name, [from, end, counts, ...codes]);
    });
    const isMended = f.variable('i32', i32(0), 'isMended');
    const end = tableEnd(f, tables[1], mask);
    const areSpread = f.call(this.#helper('isSpread', isSpread), [tables[1], end, n], 'i32');
    f.if(areSpread ?? i32(0), () => {
      tables.forEach((table, pass) => {
        const [source, target] = pass === 0 ? [x, first] : [first, values];
        f.call(this.#helper('sumCounts', sumCounts), [
          table,
          tableEnd(f, table, mask),
          target,
          i32(keys.bytes),
        ]);
        forBlocks(f, source, keys.bytes, i32(0), n, (from, blockEnd) => {
          const name = this.#helper('moveByCodes', () => moveByCodes(keys));
          f.call(name, [from, blockEnd, table, pass === 0 ? i32(0) : bits, ...codes]);
        });
      });
      const budget = multiply(f, n, i32(movesPerElement));
      f.set(isMended, this.#mend('mendElements', movableElements(keys), values, budget));
    });
    return f.freeze(isMended);
  }

  #byDigits(leading: Local, width: Local): void {
    const [f, keys] = [this.#f, this.#keys];
    const { x, first, n, counts } = this.#plan;
    const isMended = f.variable('i32', i32(1), 'isMended');
    f.if(
      f.op('i32.le_u', n, i32(insertionLength)),
      () => {
        f.store('i32.store', counts, first);
        this.#moveElements(leading, i32(0), i32(0), counts);
        this.#mendRecords(i32(0x7fffffff));
      },
      () => {
        const { passes, bits, isExact } = planDigits(f, keys, n, width);
        this.#byPrefix(leading, passes, bits);
        f.if(f.op('i32.eqz', isExact), () => {
          f.set(isMended, this.#mendRecords(multiply(f, n, i32(movesPerElement))));
        });
      },
    );
    f.if(f.op('i32.eqz', isMended), () => {
      this.#byAll(leading, divideUp(f, width, i32(mostDigitBits)));
    });
    this.#deliver(leading, commonBits(f, keys, x, leading));
  }

  #deliver(leading: Local, common: Local): void {
    const [f, keys] = [this.#f, this.#keys];
    const { x, values, positions, first } = this.#plan;
    this.#records(first, 0, (from, end) => {
      const index = f.op('i32.div_u', subtract(f, from, first), i32(keys.recordBytes));
      const [value, position] = [at(f, values, index, i32(keys.bytes)), at(f, positions, index, i32(4))];
      const name = this.#helper('deliver', () => deliver(keys, this.#results));
      f.call(name, [from, end, value, position, x, leading, common]);
    });
  }

  /** Sorts the row by the first `passes * bits` bits, into the first records. */
  #byPrefix(leading: Local, passes: Local, bits: Local): void {
    const [f, keys] = [this.#f, this.#keys];
    const { counts } = this.#plan;
    const mask = subtract(f, f.op('i32.shl', i32(1), bits), i32(1));
    const shiftOf = (pass: Operand): Local => digitShift(f, keys, pass, passes, bits);
    const tables = [0, 1, 2].map((pass) => add(f, counts, i32(pass * tableBytes)));
    const isThree = f.op('i32.eq', passes, i32(tables.length));
    f.if(isThree, () => {
      for (const table of tables) clearTable(f, table, mask);
      const shifts = tables.map((_, pass) => shiftOf(i32(pass)));
      this.#elements(0, (from, end) => {
        const name = this.#helper('count3', () => countElements(keys, 3, tableBytes));
        f.call(name, [from, end, counts, leading, mask, ...shifts]);
      });
    });
    this.#pass(passes, leading, mask, shiftOf, (pass, shift) => {
      const table = f.op('select', at(f, counts, pass, i32(tableBytes)), counts, isThree);
      f.if(f.op('i32.eqz', isThree), () => {
        this.#count(table, leading, mask, shift);
      });
      return table;
    });
  }

  /** Sorts the row by all digits. */
  #byAll(leading: Local, passes: Local): void {
    const [f, keys] = [this.#f, this.#keys];
    const { counts } = this.#plan;
    const mask = i32(2 ** mostDigitBits - 1);
    const least = keys.hasPositions && keys.bits === 32 ? 32 : 0;
    const shiftOf = (pass: Operand): Local => digitShift(f, keys, pass, passes, i32(mostDigitBits), least);
    const byElements = keys.hasPositions && keys.bits === 64;
    this.#pass(
      passes,
      leading,
      mask,
      shiftOf,
      (_, shift) => {
        this.#count(counts, leading, mask, shift);
        return counts;
      },
      byElements,
    );
  }

  #count(table: Operand, leading: Local, mask: Operand, shift: Local): void {
    const f = this.#f;
    clearTable(f, table, mask);
    this.#elements(0, (from, end) => {
      const name = this.#helper('count1', () => countElements(this.#keys, 1, tableBytes));
      f.call(name, [from, end, table, leading, mask, shift]);
    });
  }

  /** Pass after pass; the last one ends in the first records. `countsOf` gives the table of a pass. */
  #pass(
    passes: Local,
    leading: Local,
    mask: Operand,
    shiftOf: (pass: Operand) => Local,
    countsOf: (pass: Local, shift: Local) => Local,
    byElements = false,
  ): void {
    const [f, keys] = [this.#f, this.#keys];
    const { x, first, second } = this.#plan;
    const other = (records: Local): Local => f.op('select', second, first, f.op('i32.eq', records, first));
    const isOdd = f.op('i32.and', passes, i32(1));
    const target = f.variable('i32', f.op('select', first, second, isOdd), 'target');
    const pass = f.variable('i32', i32(0), 'pass');
    f.loop((again) => {
      const shift = shiftOf(pass);
      const table = countsOf(pass, shift);
      f.call(this.#helper('sumCounts', sumCounts), [
        table,
        tableEnd(f, table, mask),
        target,
        i32(keys.recordBytes),
      ]);
      f.if(
        f.op('i32.eqz', pass),
        () => {
          this.#moveElements(leading, mask, shift, table);
        },
        () => {
          this.#records(other(target), 0, (from, end) => {
            if (byElements) {
              const name = this.#helper('moveByElements', () => moveByElements(keys));
              f.call(name, [from, end, table, mask, shift, x, leading]);
            } else {
              const name = this.#helper('moveRecords', () => moveRecords(keys));
              f.call(name, [from, end, table, mask, shift]);
            }
          });
        },
      );
      f.set(target, other(target));
      f.update(pass, 'i32.add', i32(1));
      f.branch(again, f.op('i32.lt_u', pass, passes));
    });
  }

  /** The first pass makes records. */
  #moveElements(leading: Local, mask: Operand, shift: Operand, table: Operand): void {
    const [f, keys] = [this.#f, this.#keys];
    const { x } = this.#plan;
    this.#elements(0, (from, end) => {
      const index = f.op('i32.div_u', subtract(f, from, x), i32(keys.bytes));
      const name = this.#helper('moveElements', () => moveElements(keys));
      f.call(name, [from, end, table, leading, mask, shift, index]);
    });
  }

  #mendRecords(budget: Operand): Local {
    return this.#mend('mend', movableRecords(this.#keys), this.#plan.first, budget);
  }

  /** Insertion in what lies at `start`: whether so many moves were enough, as 0 or 1. */
  #mend(name: string, movable: Movable, start: Local, budget: Operand): Local {
    const f = this.#f;
    const { x, n } = this.#plan;
    const left = f.variable('i32', budget, 'left');
    forBlocks(f, start, movable.bytes, i32(1), n, (from, end) => {
      f.if(f.op('i32.ge_s', left, i32(0)), () => {
        const helper = this.#helper(name, () => mend(name, movable));
        const moves = f.call(helper, [from, end, start, x, left], 'i32');
        if (moves !== undefined) f.update(left, 'i32.sub', moves);
      });
    });
    return f.op('i32.ge_s', left, i32(0));
  }
}

/** What the scans of blocks found together. */
export class Scanned {
  readonly differ: Local;
  readonly flags: Local;
  /** Keys, of floats that move alone. */
  readonly extremes: { readonly least: Local; readonly greatest: Local } | undefined;
  readonly #f: FunctionBuilder;
  readonly #type: 'i32' | 'i64';

  constructor(f: FunctionBuilder, keys: Keys) {
    this.#f = f;
    this.#type = keys.type;
    this.differ = f.variable(keys.type, keys.constant(0n), 'differ');
    this.flags = f.variable('i32', i32(0), 'flags');
    this.extremes =
      keys.isFloat && !keys.hasPositions
        ? {
            least: f.variable(keys.type, keys.constant(-1n), 'least'),
            greatest: f.variable(keys.type, keys.constant(0n), 'greatest'),
          }
        : undefined;
  }

  /** Calls a scan. */
  add(scanBlock: string, operands: readonly Operand[]): void {
    const type = this.#type;
    const types = this.extremes === undefined ? [] : [type, type];
    this.join(this.#f.callForAll(scanBlock, operands, [type, 'i32', ...types]));
  }

  /** Joins what a scan gave. */
  join([differ, flags, least, greatest]: readonly Local[]): void {
    const f = this.#f;
    if (differ === undefined || flags === undefined) return;
    f.update(this.differ, `${this.#type}.or`, differ);
    f.update(this.flags, 'i32.or', flags);
    if (this.extremes === undefined || least === undefined || greatest === undefined) return;
    const [low, high, type] = [this.extremes.least, this.extremes.greatest, this.#type];
    f.set(low, f.op('select', least, low, f.op(`${type}.lt_u`, least, low)));
    f.set(high, f.op('select', greatest, high, f.op(`${type}.gt_u`, greatest, high)));
  }
}

/** The codes of elements of which this is known. */
export function codePlanOf(
  f: FunctionBuilder,
  keys: Keys,
  { extremes }: Scanned,
  leading: Local,
  bits: Local,
): CodePlan {
  if (extremes === undefined) return { least: f64(0), scale: f64(0), leading, bits };
  const numberOf = (key: Local): Local => keys.number(f, keys.element(f, f.freeze(key)));
  const [least, greatest] = [numberOf(extremes.least), numberOf(extremes.greatest)];
  return { least, scale: codeScale(f, least, greatest, bits), leading, bits };
}
