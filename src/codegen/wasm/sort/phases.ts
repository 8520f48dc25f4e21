/**
 * One long row on several threads. The row is divided into chunks, whose number does not depend on that of the threads.
 * Each chunk counts its digits in a table of its own. The sums over all tables give each chunk the places for its
 * records, so that a pass moves all chunks at once and stays stable. What a phase learns for the next is in memory that
 * all threads share.
 */
import { movesPerElement, prefixPasses } from '../../radix.ts';
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
  mend,
  movableElements,
  movableRecords,
  moveElements,
  moveRecords,
  restoreSpecials,
  type Movable,
  type Results,
} from './passes.ts';
import { found, scan } from './scan.ts';
import { codeArguments, codesBy, countCodes, isSpread, moveByCodes, type CodePlan } from './values.ts';
import {
  addressesOf,
  bitsOf,
  clearTable,
  codePlanOf,
  digitBitsOf,
  commonBits,
  countBytes,
  digitShift,
  Scanned,
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
  /** How codes follow from elements: the bits of a digit, the least element and the scale. */
  codeBits: 28,
  least: 32,
  scale: 40,
  /** By chunk: the bits that differ, what a scan found, whether insertion failed, the least and the greatest key. */
  chunk: 64,
  chunkBytes: 32,
  tables: 64 + 32 * chunks,
} as const;
/** In bytes from where the memory of a chunk begins. */
const ofChunk = { differ: 0, flags: 8, hasFailed: 12, least: 16, greatest: 24 } as const;
/** A chunk counts two digits. */
const chunkTableBytes = 2 * tableBytes;
const sharedBytes = shared.tables + chunks * chunkTableBytes;

/** How a row is brought into order. */
const mode = { byDigits: 0, ascending: 1, descending: 2, done: 3, byCodes: 4 } as const;

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
      ...(this.#keys.hasPositions ? [] : this.#codePhases()),
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

  /** The passes of `values.ts`. What they do not bring into order is left to digits. */
  #codePhases(): readonly EmittedPhase[] {
    const during = (phase: Phase, body: () => void): void => {
      phase.f.if(this.#isMode(phase, mode.byCodes), body);
    };
    const passes = [0, 1].map((pass) => [
      this.#inChunks(`countCodes${pass}`, (phase, chunk) => {
        during(phase, () => {
          this.#countCodes(phase, chunk, pass);
        });
      }),
      this.#alone(`sumCodes${pass}`, (phase) => {
        during(phase, () => {
          if (pass === 0) this.#checkSpread(phase);
          this.#sumTables(
            phase,
            this.#codeMask(phase),
            pass === 0 ? phase.first : phase.values,
            this.#keys.bytes,
            pass,
          );
        });
      }),
      this.#inChunks(`moveCodes${pass}`, (phase, chunk) => {
        during(phase, () => {
          this.#moveCodes(phase, chunk, pass);
        });
      }),
    ]);
    return [
      ...passes.flat(),
      this.#inChunks('mendCodes', (phase, chunk) => {
        during(phase, () => {
          const codeOf = codesBy(phase.f, this.#keys, this.#codePlan(phase));
          const movable = movableElements(this.#keys);
          this.#mendRuns(phase, chunk, 'mendElements', movable, phase.values, codeOf);
        });
      }),
      this.#alone('checkCodes', (phase) => {
        during(phase, () => {
          this.#sortWhereFailed(phase);
          this.#write(phase, 'mode', i32(mode.done));
        });
      }),
    ];
  }

  #codePlan(phase: Phase): CodePlan {
    const { f, state } = phase;
    return {
      least: f.load('f64.load', state, shared.least),
      scale: f.load('f64.load', state, shared.scale),
      leading: this.#read(phase, 'leading'),
      bits: this.#read(phase, 'codeBits'),
    };
  }

  #codeMask(phase: Phase): Local {
    const { f } = phase;
    return subtract(f, f.op('i32.shl', i32(1), this.#read(phase, 'codeBits')), i32(1));
  }

  #countCodes(phase: Phase, { index, start, end }: Chunk, pass: number): void {
    const [keys, { f, x, first }] = [this.#keys, phase];
    const table = this.#table(phase, index);
    clearTable(f, table, this.#codeMask(phase));
    clearTable(f, add(f, table, i32(tableBytes)), this.#codeMask(phase));
    const codes = codeArguments(this.#codePlan(phase));
    forBlocks(f, pass === 0 ? x : first, keys.bytes, start, end, (from, blockEnd) => {
      const name = this.#helper('countCodes', () => countCodes(keys, tableBytes));
      f.call(name, [from, blockEnd, table, ...codes]);
    });
  }

  /** Leaves the row to digits if its codes do not spread well, by the counts of all chunks. */
  #checkSpread(phase: Phase): void {
    const { f, n, scratch } = phase;
    const mask = this.#codeMask(phase);
    const tables = add(f, this.#table(phase, i32(0)), i32(tableBytes));
    const bytes = at(f, i32(0), add(f, mask, i32(1)), i32(4));
    forAddresses(f, tables, add(f, tables, bytes), 4, (counter) => {
      let sum = f.load('i32.load', counter);
      for (let chunk = 1; chunk < chunks; chunk++)
        sum = add(f, sum, f.load('i32.load', counter, chunk * chunkTableBytes));
      f.store('i32.store', add(f, scratch, subtract(f, counter, tables)), sum);
    });
    const name = this.#helper('isSpread', isSpread);
    const areSpread = f.call(name, [scratch, add(f, scratch, bytes), n], 'i32');
    f.if(f.op('i32.eqz', areSpread ?? i32(0)), () => {
      this.#write(phase, 'mode', i32(mode.byDigits));
    });
  }

  #moveCodes(phase: Phase, { index, start, end }: Chunk, pass: number): void {
    const [keys, { f, x, first, scratch }] = [this.#keys, phase];
    this.#copyTable(phase, add(f, this.#table(phase, index), i32(pass * tableBytes)));
    const codes = codeArguments(this.#codePlan(phase));
    const shift = pass === 0 ? i32(0) : this.#read(phase, 'codeBits');
    forBlocks(f, pass === 0 ? x : first, keys.bytes, start, end, (from, blockEnd) => {
      const name = this.#helper('moveByCodes', () => moveByCodes(keys));
      f.call(name, [from, blockEnd, scratch, shift, ...codes]);
    });
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
    return at(f, add(f, state, i32(shared.tables)), chunk, i32(chunkTableBytes));
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
    const scanned = new Scanned(f, this.#keys);
    const first = f.op('select', start, i32(1), start);
    forBlocks(f, x, bytes, first, end, (from, blockEnd) => {
      scanned.add(
        this.#helper('scan', () => scan(this.#keys)),
        [from, blockEnd, x],
      );
    });
    const { differ, flags, extremes } = scanned;
    const own = this.#ofChunk(phase, index);
    f.store(`${type}.store`, own, differ, ofChunk.differ);
    f.store('i32.store', own, flags, ofChunk.flags);
    f.store('i32.store', own, i32(0), ofChunk.hasFailed);
    if (extremes === undefined) return;
    f.store(`${type}.store`, own, extremes.least, ofChunk.least);
    f.store(`${type}.store`, own, extremes.greatest, ofChunk.greatest);
  }

  #forChunks({ f, state }: Phase, body: (own: Local) => void): void {
    const start = add(f, state, i32(shared.chunk));
    forAddresses(f, start, add(f, state, i32(shared.tables)), shared.chunkBytes, body);
  }

  #plan(phase: Phase): void {
    const [keys, { f, state, n }] = [this.#keys, phase];
    const scanned = new Scanned(f, keys);
    this.#forChunks(phase, (own) => {
      const key = (offset: number): Local => f.load(`${keys.type}.load`, own, offset);
      scanned.join([
        key(ofChunk.differ),
        f.load('i32.load', own, ofChunk.flags),
        ...(scanned.extremes === undefined ? [] : [key(ofChunk.least), key(ofChunk.greatest)]),
      ]);
    });
    const { differ, flags } = scanned;
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
            if (keys.hasPositions) return;
            const codeBits = digitBitsOf(f, n);
            const { least, scale } = codePlanOf(f, keys, scanned, leading, codeBits);
            this.#write(phase, 'codeBits', codeBits);
            f.store('f64.store', state, least, shared.least);
            f.store('f64.store', state, scale, shared.scale);
            f.if(f.op('i32.eqz', has(found.nan)), () => {
              this.#write(phase, 'mode', i32(mode.byCodes));
            });
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

  #sum(phase: Phase, pass: number): void {
    const { mask } = this.#digit(phase, pass);
    this.#sumTables(phase, mask, this.#records(phase, pass).target, this.#keys.recordBytes, 0);
  }

  /** Counts become the addresses where what has a digit begins, chunk after chunk; `table` is one of the two. */
  #sumTables(phase: Phase, mask: Local, target: Local, size: number, table: number): void {
    const { f } = phase;
    const to = f.variable('i32', target, 'to');
    const tables = add(f, this.#table(phase, i32(0)), i32(table * tableBytes));
    forAddresses(f, tables, at(f, tables, add(f, mask, i32(1)), i32(4)), 4, (counter) => {
      for (let chunk = 0; chunk < chunks; chunk++) {
        const offset = chunk * chunkTableBytes;
        const bytes = multiply(f, f.load('i32.load', counter, offset), i32(size));
        f.store('i32.store', counter, to, offset);
        f.update(to, 'i32.add', bytes);
      }
    });
  }

  /** A copy in the memory of the thread, so that a part can begin again. */
  #copyTable({ f, scratch }: Phase, table: Local): void {
    forAddresses(f, table, add(f, table, i32(tableBytes)), 16, (from) => {
      f.store('v128.store', add(f, scratch, subtract(f, from, table)), f.load('v128.load', from));
    });
  }

  #move(phase: Phase, { index, start, end }: Chunk, pass: number): void {
    const [keys, { f, x, scratch }] = [this.#keys, phase];
    const { mask, shift } = this.#digit(phase, pass);
    this.#copyTable(phase, this.#table(phase, index));
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

  #mend(phase: Phase, chunk: Chunk): void {
    const [keys, { f, first }] = [this.#keys, phase];
    const isNeeded = f.op('i32.eqz', this.#read(phase, 'isExact'));
    f.if(f.op('i32.and', isNeeded, this.#isMode(phase, mode.byDigits)), () => {
      const shift = asWord(f, keys.recordType, this.#digit(phase, 0).shift);
      this.#mendRuns(phase, chunk, 'mend', movableRecords(keys), first, (record) =>
        keys.recordOp(f, 'shr_u', record, shift),
      );
    });
  }

  /** Insertion: what agrees in all digits belongs to the chunk that has the first of it. */
  #mendRuns(
    phase: Phase,
    { index, start, end }: Chunk,
    name: string,
    movable: Movable,
    array: Local,
    prefixOf: (one: Local) => Local,
  ): void {
    const { f, n, x } = phase;
    const prefixAt = (position: Operand): Local =>
      prefixOf(movable.load(f, at(f, array, position, i32(movable.bytes))));
    const behindRun = (position: Local): Local => {
      const behind = f.variable('i32', position, 'behind');
      f.block((done) => {
        f.branch(done, f.op('i32.eqz', behind));
        f.loop((again) => {
          f.branch(done, f.op('i32.ge_u', behind, n));
          const before = prefixAt(subtract(f, behind, i32(1)));
          f.branch(done, f.op(`${before.type}.ne`, before, prefixAt(behind)));
          f.update(behind, 'i32.add', i32(1));
          f.branch(again);
        });
      });
      return f.freeze(behind);
    };
    const [own, ownEnd] = [behindRun(start), behindRun(end)];
    const budget = multiply(f, subtract(f, end, start), i32(2 * movesPerElement));
    const left = f.variable('i32', budget, 'left');
    const startAt = at(f, array, own, i32(movable.bytes));
    forBlocks(f, array, movable.bytes, add(f, own, i32(1)), ownEnd, (from, blockEnd) => {
      f.if(f.op('i32.ge_s', left, i32(0)), () => {
        const helper = this.#helper(name, () => mend(name, movable));
        const moves = f.call(helper, [from, blockEnd, startAt, x, left], 'i32');
        if (moves !== undefined) f.update(left, 'i32.sub', moves);
      });
    });
    const hasFailed = f.op('i32.lt_s', left, i32(0));
    f.store('i32.store', this.#ofChunk(phase, index), hasFailed, ofChunk.hasFailed);
  }

  #check(phase: Phase): void {
    phase.f.if(this.#isMode(phase, mode.byDigits), () => {
      this.#sortWhereFailed(phase);
    });
  }

  /** Where insertion did not get far, one thread sorts the row. */
  #sortWhereFailed(phase: Phase): void {
    const { f, x, values, positions, first, second, n, scratch } = phase;
    const failures = f.variable('i32', i32(0), 'failures');
    this.#forChunks(phase, (own) => {
      f.update(failures, 'i32.or', f.load('i32.load', own, ofChunk.hasFailed));
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
      const current = this.#read(phase, 'mode');
      const isKeyed = f.op(
        'i32.or',
        ...[mode.byDigits, mode.descending].map((one) => f.op('i32.eq', current, i32(one))),
      );
      f.if(isKeyed, () => {
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
