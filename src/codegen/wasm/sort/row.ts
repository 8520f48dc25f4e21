/** How one row is sorted on one thread: which loops of `passes.ts` run, over which digits (`codegen/radix.ts`). */
import {
  countingLength,
  digitSizes,
  insertionLength,
  mostDigitBits,
  movesPerElement,
  prefixPasses,
} from '../../radix.ts';
import { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import { add, at, minimum, multiply, subtract } from '../matmul/loops.ts';
import type { ModuleContext } from '../module/context.ts';
import { asWord, type Keys } from './keys.ts';
import {
  countElements,
  deliver,
  deliverInOrder,
  found,
  mend,
  moveByElements,
  moveElements,
  moveRecords,
  restoreSpecials,
  scan,
  sortBytes,
  sumCounts,
  type Results,
} from './passes.ts';

/** Elements of a block: a call of a loop. */
const blockElements = 16_384;

export const tableBytes = 4 << mostDigitBits;
/** Tables of counts. */
export const countBytes = prefixPasses * tableBytes;

/** What a row is sorted with. */
interface RowPlan {
  /** Addresses of the row and its results. */
  readonly x: Local;
  readonly values: Local;
  readonly positions: Local;
  /** Addresses of two arrays of records. */
  readonly first: Local;
  readonly second: Local;
  readonly n: Local;
  readonly counts: Local;
}

const parameters = ['x', 'values', 'positions', 'first', 'second', 'n', 'counts'] as const;

/** The position of the first differing bit, where keys differ in these bits, and the number of those up to the last. */
export function bitsOf(f: FunctionBuilder, keys: Keys, differ: Operand): { leading: Local; width: Local } {
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

export function sortRow(keys: Keys, results: Results, module: ModuleContext): FunctionBuilder {
  const f = new FunctionBuilder(
    'sortRow',
    parameters.map((name) => [name, 'i32'] as const),
  );
  const plan = Object.fromEntries(parameters.map((name, k) => [name, f.parameter(k)])) as unknown as RowPlan;
  new RowSorter(f, keys, results, module, plan).emit();
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

  emit(): void {
    const [f, keys] = [this.#f, this.#keys];
    if (keys.bytes === 1 && !keys.hasPositions) {
      const { x, values, n, counts } = this.#plan;
      const isCounted = f.op('i32.ge_u', n, i32(countingLength));
      f.if(
        isCounted,
        () => {
          f.call(
            this.#helper('sortBytes', () => sortBytes(keys)),
            [x, add(f, x, n), values, counts],
          );
        },
        () => {
          this.#emitRow();
        },
      );
    } else this.#emitRow();
  }

  #helper(name: string, build: () => FunctionBuilder): string {
    return this.#module.helper(name, build);
  }

  #emitRow(): void {
    const [f, keys] = [this.#f, this.#keys];
    const { x, values, positions, n } = this.#plan;
    const differ = f.variable(keys.type, keys.constant(0n), 'differ');
    const flags = f.variable('i32', i32(0), 'flags');
    this.#blocks(n, keys.bytes, x, 1, (from, end) => {
      const [bits, flag] = f.callForAll(
        this.#helper('scan', () => scan(keys)),
        [from, end, x],
        [keys.type, 'i32'],
      );
      if (bits === undefined || flag === undefined) return;
      f.update(differ, `${keys.type}.or`, bits);
      f.update(flags, 'i32.or', flag);
    });
    const has = (mask: number): Local => f.op('i32.and', flags, i32(mask));
    const inOrder = this.#helper('deliverInOrder', () => deliverInOrder(keys, this.#results));
    f.if(
      f.op('i32.eqz', has(found.falls)),
      () => {
        f.call(inOrder, [x, values, positions, i32(0), n, i32(1)]);
      },
      () => {
        // Equal elements in reverse order are alike unless positions tell them apart.
        f.if(
          f.op('i32.eqz', has(keys.hasPositions ? found.rises | found.stays : found.rises)),
          () => {
            f.call(inOrder, [x, values, positions, subtract(f, n, i32(1)), n, i32(-1)]);
          },
          () => {
            this.#sort(f.freeze(differ));
          },
        );
        if (keys.isFloat && !keys.hasPositions)
          f.if(has(found.nan | found.negativeZero), () => {
            const bytes = multiply(f, n, i32(keys.bytes));
            f.call(
              this.#helper('restoreSpecials', () => restoreSpecials(keys)),
              [x, add(f, x, bytes), values, add(f, values, bytes)],
            );
          });
      },
    );
  }

  /** Calls `body` with the bounds of blocks of an array of `n` elements, from one of them on. */
  #blocks(
    n: Operand,
    bytes: number,
    start: Operand,
    first: number,
    body: (from: Local, end: Local) => void,
  ): void {
    const f = this.#f;
    const from = f.variable('i32', add(f, start, i32(first * bytes)), 'block');
    const end = at(f, start, n, i32(bytes));
    f.if(f.op('i32.lt_u', from, end), () => {
      f.loop((again) => {
        const left = subtract(f, end, from);
        const whole = i32(blockElements * bytes);
        const size = f.op('select', left, whole, f.op('i32.lt_u', left, whole));
        const blockEnd = add(f, from, size);
        body(f.freeze(from), blockEnd);
        f.set(from, blockEnd);
        f.branch(again, f.op('i32.lt_u', from, end));
      });
    });
  }

  #sort(differ: Local): void {
    const [f, keys] = [this.#f, this.#keys];
    const { x, first, n, counts } = this.#plan;
    const { leading, width } = bitsOf(f, keys, differ);
    const isMended = f.variable('i32', i32(1), 'isMended');
    f.if(
      f.op('i32.le_u', n, i32(insertionLength)),
      () => {
        f.store('i32.store', counts, first);
        this.#moveFirst(leading, i32(0), i32(0));
        this.#mend(i32(0x7fffffff));
      },
      () => {
        const most = f.variable('i32', i32(digitSizes[0].bits), 'most');
        for (const { from, bits } of digitSizes.slice(1).toReversed())
          f.if(
            f.op(
              'i32.lt_u',
              n,
              i32(digitSizes[digitSizes.findIndex((size) => size.from === from) - 1]?.from ?? 0),
            ),
            () => {
              f.set(most, i32(bits));
            },
          );
        const wanted = f.op('i32.div_u', subtract(f, add(f, width, most), i32(1)), most);
        const passes = minimum(f, wanted, i32(prefixPasses));
        const even = f.op('i32.div_u', subtract(f, add(f, width, passes), i32(1)), passes);
        const bits = minimum(f, even, most);
        this.#distribute(leading, passes, bits, i32(keys.recordBits - keys.codeBits), 'prefix');
        const isExact = f.op(
          'i32.and',
          f.op('i32.ge_u', multiply(f, passes, bits), width),
          f.op('i32.le_u', width, i32(keys.codeBits)),
        );
        f.if(f.op('i32.eqz', isExact), () => {
          f.set(isMended, this.#mend(multiply(f, n, i32(movesPerElement))));
        });
      },
    );
    f.if(f.op('i32.eqz', isMended), () => {
      const passes = f.op('i32.div_u', add(f, width, i32(mostDigitBits - 1)), i32(mostDigitBits));
      const least = keys.hasPositions && keys.bits === 32 ? 32 : 0;
      this.#distribute(leading, passes, i32(mostDigitBits), i32(least), 'all');
    });
    const common = commonBits(f, keys, x, leading);
    const { values, positions } = this.#plan;
    const deliverRecords = this.#helper('deliver', () => deliver(keys, this.#results));
    this.#blocks(n, keys.recordBytes, first, 0, (from, end) => {
      const index = f.op('i32.div_u', subtract(f, from, first), i32(keys.recordBytes));
      f.call(deliverRecords, [
        from,
        end,
        at(f, values, index, i32(keys.bytes)),
        at(f, positions, index, i32(4)),
        x,
        leading,
        common,
      ]);
    });
  }

  /** The shift of a digit: passes go from the least significant to the most. */
  #shift(pass: Operand, passes: Operand, bits: Operand, least: Operand): Local {
    const f = this.#f;
    const above = multiply(f, bits, subtract(f, passes, pass));
    const shift = subtract(f, i32(this.#keys.recordBits), above);
    return f.op('select', shift, least, f.op('i32.gt_s', shift, least));
  }

  /** Sorts the row by the first `passes * bits` bits, into the first records. */
  #distribute(
    leading: Local,
    passes: Local,
    bits: Local | Operand,
    least: Operand,
    by: 'prefix' | 'all',
  ): void {
    const [f, keys] = [this.#f, this.#keys];
    const { x, first, second, n, counts } = this.#plan;
    const mask = subtract(f, f.op('i32.shl', i32(1), bits), i32(1));
    const tableEnd = (table: Operand): Local => at(f, table, add(f, mask, i32(1)), i32(4));
    const countOne = this.#helper('count1', () => countElements(keys, 1, tableBytes));
    const clear = (table: Operand): void => {
      this.#clear(table, tableEnd(table));
    };
    const isThree = by === 'prefix' ? f.op('i32.eq', passes, i32(3)) : undefined;
    if (isThree !== undefined)
      f.if(isThree, () => {
        for (let k = 0; k < 3; k++) clear(add(f, counts, i32(k * tableBytes)));
        const shifts = [0, 1, 2].map((pass) => this.#shift(i32(pass), passes, bits, least));
        this.#blocks(n, keys.bytes, x, 0, (from, end) => {
          f.call(
            this.#helper('count3', () => countElements(keys, 3, tableBytes)),
            [from, end, counts, leading, mask, ...shifts],
          );
        });
      });
    const isOdd = f.op('i32.and', passes, i32(1));
    const target = f.variable('i32', f.op('select', first, second, isOdd), 'target');
    const pass = f.variable('i32', i32(0), 'pass');
    f.loop((again) => {
      const shift = this.#shift(pass, passes, bits, least);
      const table =
        isThree === undefined
          ? counts
          : f.op('select', at(f, counts, pass, i32(tableBytes)), counts, isThree);
      const countPass = (): void => {
        clear(table);
        this.#blocks(n, keys.bytes, x, 0, (from, end) => {
          f.call(countOne, [from, end, table, leading, mask, shift]);
        });
      };
      if (isThree === undefined) countPass();
      else f.if(f.op('i32.eqz', isThree), countPass);
      f.call(
        this.#helper('sumCounts', () => sumCounts(keys)),
        [table, tableEnd(table), target],
      );
      f.if(
        f.op('i32.eqz', pass),
        () => {
          this.#moveFirst(leading, mask, shift, table);
        },
        () => {
          const source = f.op('select', second, first, f.op('i32.eq', target, first));
          const byElements = by === 'all' && keys.hasPositions && keys.bits === 64;
          const move = byElements
            ? this.#helper('moveByElements', () => moveByElements(keys))
            : this.#helper('moveRecords', () => moveRecords(keys));
          this.#blocks(n, keys.recordBytes, source, 0, (from, end) => {
            f.call(move, [from, end, table, mask, shift, ...(byElements ? [x, leading] : [])]);
          });
        },
      );
      f.set(target, f.op('select', second, first, f.op('i32.eq', target, first)));
      f.update(pass, 'i32.add', i32(1));
      f.branch(again, f.op('i32.lt_u', pass, passes));
    });
  }

  #clear(from: Operand, end: Operand): void {
    const f = this.#f;
    const address = f.variable('i32', from, 'clear');
    f.loop((again) => {
      f.store('v128.store', address, f.constant(new Uint8Array(16)));
      f.update(address, 'i32.add', i32(16));
      f.branch(again, f.op('i32.lt_u', address, end));
    });
  }

  /** The first pass makes records. */
  #moveFirst(leading: Local, mask: Operand, shift: Operand, table: Operand = this.#plan.counts): void {
    const [f, keys] = [this.#f, this.#keys];
    const { x, n } = this.#plan;
    const move = this.#helper('moveElements', () => moveElements(keys));
    this.#blocks(n, keys.bytes, x, 0, (from, end) => {
      const index = f.op('i32.div_u', subtract(f, from, x), i32(keys.bytes));
      f.call(move, [from, end, table, leading, mask, shift, index]);
    });
  }

  /** Whether so many moves were enough, as 0 or 1. */
  #mend(budget: Operand): Local {
    const [f, keys] = [this.#f, this.#keys];
    const { x, first, n } = this.#plan;
    const left = f.variable('i32', budget, 'left');
    this.#blocks(n, keys.recordBytes, first, 1, (from, end) => {
      f.if(f.op('i32.ge_s', left, i32(0)), () => {
        const moves = f.call(
          this.#helper('mend', () => mend(keys)),
          [from, end, first, x, left],
          'i32',
        );
        if (moves !== undefined) f.update(left, 'i32.sub', moves);
      });
    });
    return f.op('i32.ge_s', left, i32(0));
  }
}
