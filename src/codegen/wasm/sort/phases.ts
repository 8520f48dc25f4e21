/**
 * One long row on several threads. The row is divided into chunks, whose number does not depend on that of the threads.
 * Each chunk counts its digits in a table of its own. The sums over all tables give each chunk the places for its
 * records, so that a pass moves all chunks at once and stays stable. What a phase learns for the next is in memory that
 * all threads share.
 */
import { mostDigitBits, movesPerElement, prefixPasses } from '../../radix.ts';
import type { KernelInt, RoutineCall } from '../../../ir/kernel.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import { add, at, forBelow, functionOf, minimum, multiply, subtract } from '../matmul/loops.ts';
import type { EmittedPhase, EmittedPhases, ModuleContext } from '../module/context.ts';
import { bufferOffset, integerOffset } from '../module/layout.ts';
import { asWord, type Keys } from './keys.ts';
import {
  countElements,
  countRecords,
  deliver,
  deliverInOrder,
  forAddresses,
  found,
  mend,
  moveElements,
  moveRecords,
  restoreSpecials,
  scan,
  type Results,
} from './passes.ts';
import {
  addressesOf,
  bitsOf,
  clearTable,
  commonBits,
  countBytes,
  digitShift,
  forBlocks,
  planDigits,
  sortRow,
  tableBytes,
  type CallBuffers,
} from './row.ts';

const chunks = 16;

/** Where things are in the shared memory. */
const shared = {
  flags: 0,
  mode: 4,
  leading: 8,
  width: 12,
  passes: 16,
  bits: 20,
  isExact: 24,
  /** By chunk: the bits that differ, what a scan found, and moves of insertion. */
  chunk: 64,
  chunkBytes: 16,
  tables: 64 + 16 * chunks,
} as const;
const sharedBytes = shared.tables + chunks * tableBytes;

/** How a row is brought into order. */
const mode = { byDigits: 0, ascending: 1, descending: 2, done: 3 } as const;

interface Phase {
  readonly f: FunctionBuilder;
  readonly from: Local;
  readonly to: Local;
  readonly scratch: Local;
  readonly state: Local;
  readonly n: Local;
  readonly x: Local;
  readonly values: Local;
  readonly positions: Local;
  readonly first: Local;
  readonly second: Local;
}

export function emitSortPhases(
  call: RoutineCall,
  buffers: CallBuffers,
  keys: Keys,
  results: Results,
  module: ModuleContext,
): EmittedPhases {
  const row = new LongRow(call, buffers, keys, results, module);
  return { phases: row.phases(), scratchBytes: countBytes, perThread: new Set(), sharedBytes };
}

class LongRow {
  readonly #call: RoutineCall;
  readonly #buffers: CallBuffers;
  readonly #keys: Keys;
  readonly #results: Results;
  readonly #module: ModuleContext;

  constructor(call: RoutineCall, buffers: CallBuffers, keys: Keys, results: Results, module: ModuleContext) {
    this.#call = call;
    this.#buffers = buffers;
    this.#keys = keys;
    this.#results = results;
    this.#module = module;
  }

  phases(): readonly EmittedPhase[] {
    return [
      this.#inChunks('scan', (phase, chunk) => {
        this.#scan(phase, chunk);
      }),
      this.#alone('plan', (phase) => {
        this.#plan(phase);
      }),
      ...Array.from({ length: prefixPasses }, (_, pass) => [
        this.#inChunks(`count${pass}`, (phase, chunk) => {
          this.#inPass(phase, pass, () => {
            this.#count(phase, chunk, pass);
          });
        }),
        this.#alone(`sum${pass}`, (phase) => {
          this.#inPass(phase, pass, () => {
            this.#sum(phase, pass);
          });
        }),
        this.#inChunks(`move${pass}`, (phase, chunk) => {
          this.#inPass(phase, pass, () => {
            this.#move(phase, chunk, pass);
          });
        }),
      ]).flat(),
      this.#inChunks('mend', (phase, chunk) => {
        this.#mend(phase, chunk);
      }),
      this.#alone('check', (phase) => {
        this.#check(phase);
      }),
      this.#inChunks('deliver', (phase, chunk) => {
        this.#deliver(phase, chunk);
      }),
      this.#alone('restore', (phase) => {
        this.#restore(phase);
      }),
    ];
  }

  // --- phases ------------------------------------------------------------------------------------------------

  #function(name: string): Phase {
    const [f, { args, from, to, scratch, state }] = functionOf(`${name}Phase`, [
      'args',
      'from',
      'to',
      'scratch',
      'state',
    ]);
    const n = f.load('i32.load', args, integerOffset(this.#call, 0));
    const address = (buffer: number): Local => f.load('i32.load', args, bufferOffset(buffer));
    const addresses = addressesOf(f, this.#keys, this.#buffers, n, address, undefined);
    return { f, from, to, scratch, state, n, ...addresses };
  }

  #alone(name: string, body: (phase: Phase) => void): EmittedPhase {
    const phase = this.#function(name);
    body(phase);
    return {
      splits: [{ f: phase.f, iterations: [], alignment: 1, label: name }],
      accumulators: [],
      space: [],
    };
  }

  #inChunks(name: string, body: (phase: Phase, chunk: Chunk) => void): EmittedPhase {
    const phase = this.#function(name);
    const { f, from, to, n } = phase;
    const length = f.op('i32.div_u', add(f, n, i32(chunks - 1)), i32(chunks));
    forBelow(f, 'chunk', subtract(f, to, from), 1, (counter) => {
      const index = f.freeze(add(f, from, counter));
      const start = minimum(f, multiply(f, index, length), n);
      const end = minimum(f, add(f, start, length), n);
      body(phase, { index, start, end });
    });
    const n0: KernelInt = { parameter: 0 };
    const split = { f, iterations: [{ literal: chunks }], alignment: 1, label: name };
    return { splits: [split], accumulators: [], space: [n0] };
  }

  #helper(name: string, build: () => FunctionBuilder): string {
    return this.#module.helper(name, build);
  }

  #read({ f, state }: Phase, field: keyof typeof shared): Local {
    return f.load('i32.load', state, shared[field]);
  }

  #write({ f, state }: Phase, field: keyof typeof shared, value: Operand): void {
    f.store('i32.store', state, value, shared[field]);
  }

  #ofChunk({ f, state }: Phase, chunk: Operand): Local {
    return at(f, add(f, state, i32(shared.chunk)), chunk, i32(shared.chunkBytes));
  }

  #table({ f, state }: Phase, chunk: Operand): Local {
    return at(f, add(f, state, i32(shared.tables)), chunk, i32(tableBytes));
  }

  #isMode(phase: Phase, wanted: number): Local {
    return phase.f.op('i32.eq', this.#read(phase, 'mode'), i32(wanted));
  }

  /** Whether a pass takes place. */
  #inPass(phase: Phase, pass: number, body: () => void): void {
    const { f } = phase;
    const exists = f.op('i32.gt_u', this.#read(phase, 'passes'), i32(pass));
    f.if(f.op('i32.and', exists, this.#isMode(phase, mode.byDigits)), body);
  }

  /** The mask and the shift of the digit of a pass. */
  #digit(phase: Phase, pass: number): { readonly mask: Local; readonly shift: Local } {
    const { f } = phase;
    const [passes, bits] = [this.#read(phase, 'passes'), this.#read(phase, 'bits')];
    const mask = subtract(f, f.op('i32.shl', i32(1), bits), i32(1));
    return { mask, shift: digitShift(f, this.#keys, i32(pass), passes, bits) };
  }

  /** The records that a pass reads and those that it writes; the last pass writes the first ones. */
  #records(phase: Phase, pass: number): { readonly source: Local; readonly target: Local } {
    const { f, first, second } = phase;
    const left = subtract(f, this.#read(phase, 'passes'), i32(pass));
    const isOdd = f.op('i32.and', left, i32(1));
    return {
      source: f.op('select', second, first, isOdd),
      target: f.op('select', first, second, isOdd),
    };
  }

  #scan(phase: Phase, { index, start, end }: Chunk): void {
    const { f, x } = phase;
    const { type, bytes } = this.#keys;
    const differ = f.variable(type, this.#keys.constant(0n), 'differ');
    const flags = f.variable('i32', i32(0), 'flags');
    const first = f.op('select', start, i32(1), start);
    forBlocks(f, x, bytes, first, end, (from, blockEnd) => {
      const name = this.#helper('scan', () => scan(this.#keys));
      const [bits, flag] = f.callForAll(name, [from, blockEnd, x], [type, 'i32']);
      if (bits === undefined || flag === undefined) return;
      f.update(differ, `${type}.or`, bits);
      f.update(flags, 'i32.or', flag);
    });
    const own = this.#ofChunk(phase, index);
    f.store(`${type}.store`, own, differ);
    f.store('i32.store', own, flags, 8);
    f.store('i32.store', own, i32(0), 12);
  }

  #plan(phase: Phase): void {
    const [keys, { f, state, n }] = [this.#keys, phase];
    const differ = f.variable(keys.type, keys.constant(0n), 'differ');
    const flags = f.variable('i32', i32(0), 'flags');
    const ofChunks = add(f, state, i32(shared.chunk));
    forAddresses(f, ofChunks, add(f, state, i32(shared.tables)), shared.chunkBytes, (own) => {
      f.update(differ, `${keys.type}.or`, f.load(`${keys.type}.load`, own));
      f.update(flags, 'i32.or', f.load('i32.load', own, 8));
    });
    this.#write(phase, 'flags', flags);
    const has = (mask: number): Local => f.op('i32.and', flags, i32(mask));
    this.#write(phase, 'mode', i32(mode.byDigits));
    f.if(
      f.op('i32.eqz', has(found.falls)),
      () => {
        this.#write(phase, 'mode', i32(mode.ascending));
      },
      () => {
        const ordered = keys.hasPositions ? found.rises | found.stays : found.rises;
        f.if(
          f.op('i32.eqz', has(ordered)),
          () => {
            this.#write(phase, 'mode', i32(mode.descending));
          },
          () => {
            const { leading, width } = bitsOf(f, keys, f.freeze(differ));
            const { passes, bits, isExact } = planDigits(f, keys, n, width);
            for (const [field, value] of Object.entries({ leading, width, passes, bits, isExact }))
              this.#write(phase, field as keyof typeof shared, value);
          },
        );
      },
    );
  }

  #count(phase: Phase, chunk: Chunk, pass: number): void {
    const [keys, { f, x }] = [this.#keys, phase];
    const { mask, shift } = this.#digit(phase, pass);
    const table = this.#table(phase, chunk.index);
    clearTable(f, table, mask);
    if (pass === 0) {
      const leading = this.#read(phase, 'leading');
      forBlocks(f, x, keys.bytes, chunk.start, chunk.end, (from, end) => {
        const name = this.#helper('count1', () => countElements(keys, 1, tableBytes));
        f.call(name, [from, end, table, leading, mask, shift]);
      });
    } else {
      const { source } = this.#records(phase, pass);
      forBlocks(f, source, keys.recordBytes, chunk.start, chunk.end, (from, end) => {
        const name = this.#helper('countRecords', () => countRecords(keys));
        f.call(name, [from, end, table, mask, shift]);
      });
    }
  }

  /** Counts become the addresses where the records of a digit begin, chunk after chunk. */
  #sum(phase: Phase, pass: number): void {
    const { f } = phase;
    const { mask } = this.#digit(phase, pass);
    const to = f.variable('i32', this.#records(phase, pass).target, 'to');
    const tables = this.#table(phase, i32(0));
    forAddresses(f, tables, at(f, tables, add(f, mask, i32(1)), i32(4)), 4, (counter) => {
      for (let chunk = 0; chunk < chunks; chunk++) {
        const bytes = multiply(
          f,
          f.load('i32.load', counter, chunk * tableBytes),
          i32(this.#keys.recordBytes),
        );
        f.store('i32.store', counter, to, chunk * tableBytes);
        f.update(to, 'i32.add', bytes);
      }
    });
  }

  #move(phase: Phase, { index, start, end }: Chunk, pass: number): void {
    const [keys, { f, x, scratch }] = [this.#keys, phase];
    const { mask, shift } = this.#digit(phase, pass);
    // A copy, so that a part can begin again.
    const table = this.#table(phase, index);
    forAddresses(f, table, add(f, table, i32(4 << mostDigitBits)), 16, (from) => {
      f.store('v128.store', add(f, scratch, subtract(f, from, table)), f.load('v128.load', from));
    });
    if (pass === 0) {
      const leading = this.#read(phase, 'leading');
      forBlocks(f, x, keys.bytes, start, end, (from, blockEnd) => {
        const name = this.#helper('moveElements', () => moveElements(keys));
        const position = f.op('i32.div_u', subtract(f, from, x), i32(keys.bytes));
        f.call(name, [from, blockEnd, scratch, leading, mask, shift, position]);
      });
    } else {
      const { source } = this.#records(phase, pass);
      forBlocks(f, source, keys.recordBytes, start, end, (from, blockEnd) => {
        const name = this.#helper('moveRecords', () => moveRecords(keys));
        f.call(name, [from, blockEnd, scratch, mask, shift]);
      });
    }
  }

  /** Records that agree in all digits belong to the chunk that has the first of them. */
  #mend(phase: Phase, { index, start, end }: Chunk): void {
    const [keys, { f, n, first, x }] = [this.#keys, phase];
    const isNeeded = f.op('i32.eqz', this.#read(phase, 'isExact'));
    f.if(f.op('i32.and', isNeeded, this.#isMode(phase, mode.byDigits)), () => {
      const { shift } = this.#digit(phase, 0);
      const prefixAt = (position: Operand): Local => {
        const record = keys.loadRecord(f, at(f, first, position, i32(keys.recordBytes)));
        return keys.recordOp(f, 'shr_u', record, asWord(f, keys.recordType, shift));
      };
      const behindRun = (position: Local): Local => {
        const behind = f.variable('i32', position, 'behind');
        f.block((done) => {
          f.branch(done, f.op('i32.eqz', behind));
          f.loop((again) => {
            f.branch(done, f.op('i32.ge_u', behind, n));
            const before = prefixAt(subtract(f, behind, i32(1)));
            f.branch(done, keys.recordOp(f, 'ne', before, prefixAt(behind)));
            f.update(behind, 'i32.add', i32(1));
            f.branch(again);
          });
        });
        return f.freeze(behind);
      };
      const [own, ownEnd] = [behindRun(start), behindRun(end)];
      const budget = multiply(f, subtract(f, end, start), i32(2 * movesPerElement));
      const left = f.variable('i32', budget, 'left');
      const startAt = at(f, first, own, i32(keys.recordBytes));
      forBlocks(f, first, keys.recordBytes, add(f, own, i32(1)), ownEnd, (from, blockEnd) => {
        f.if(f.op('i32.ge_s', left, i32(0)), () => {
          const name = this.#helper('mend', () => mend(keys));
          const moves = f.call(name, [from, blockEnd, startAt, x, left], 'i32');
          if (moves !== undefined) f.update(left, 'i32.sub', moves);
        });
      });
      f.store('i32.store', this.#ofChunk(phase, index), f.op('i32.lt_s', left, i32(0)), 12);
    });
  }

  /** Where insertion did not get far, one thread sorts the row by all digits. */
  #check(phase: Phase): void {
    const { f, state, x, values, positions, first, second, n, scratch } = phase;
    const failures = f.variable('i32', i32(0), 'failures');
    const ofChunks = add(f, state, i32(shared.chunk));
    forAddresses(f, ofChunks, add(f, state, i32(shared.tables)), shared.chunkBytes, (own) => {
      f.update(failures, 'i32.or', f.load('i32.load', own, 12));
    });
    f.if(failures, () => {
      const name = this.#helper('sortRow', () => sortRow(this.#keys, this.#results, this.#module));
      f.call(name, [x, values, positions, first, second, n, scratch]);
      this.#write(phase, 'mode', i32(mode.done));
    });
  }

  #deliver(phase: Phase, { start, end }: Chunk): void {
    const [keys, { f, n, x, values, positions, first }] = [this.#keys, phase];
    const valuesAt = (index: Operand): Local => at(f, values, index, i32(keys.bytes));
    const positionsAt = (index: Operand): Local => at(f, positions, index, i32(4));
    const inOrder = (from: Operand, step: number): void => {
      const name = this.#helper('deliverInOrder', () => deliverInOrder(keys, this.#results));
      f.call(name, [x, valuesAt(start), positionsAt(start), from, subtract(f, end, start), i32(step)]);
    };
    f.if(this.#isMode(phase, mode.ascending), () => {
      inOrder(start, 1);
    });
    f.if(this.#isMode(phase, mode.descending), () => {
      inOrder(subtract(f, subtract(f, n, i32(1)), start), -1);
    });
    f.if(this.#isMode(phase, mode.byDigits), () => {
      const leading = this.#read(phase, 'leading');
      const common = commonBits(f, keys, x, leading);
      forBlocks(f, first, keys.recordBytes, start, end, (from, blockEnd) => {
        const index = f.op('i32.div_u', subtract(f, from, first), i32(keys.recordBytes));
        const name = this.#helper('deliver', () => deliver(keys, this.#results));
        f.call(name, [from, blockEnd, valuesAt(index), positionsAt(index), x, leading, common]);
      });
    });
  }

  #restore(phase: Phase): void {
    const [keys, { f, n, x, values }] = [this.#keys, phase];
    if (!keys.isFloat || keys.hasPositions) return;
    const isSpecial = f.op('i32.and', this.#read(phase, 'flags'), i32(found.nan | found.negativeZero));
    f.if(isSpecial, () => {
      f.if(f.op('i32.ne', this.#read(phase, 'mode'), i32(mode.ascending)), () => {
        const bytes = multiply(f, n, i32(keys.bytes));
        const name = this.#helper('restoreSpecials', () => restoreSpecials(keys));
        f.call(name, [x, add(f, x, bytes), values, add(f, values, bytes)]);
      });
    });
  }
}

/** A part of the row: the positions of its elements, or of records. */
interface Chunk {
  readonly index: Local;
  readonly start: Local;
  readonly end: Local;
}
