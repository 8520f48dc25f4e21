/**
 * What values depend on: which loops, and how many reductions of their row. Stage s of a row may use the reductions of
 * the stages before it; each stage is one walk over the row.
 */
import { InternalError } from '../../ir/errors.ts';
import { isZero, zero } from '../../ir/size.ts';
import { argsOf, indicesOf, type Expression } from '../expression.ts';
import type { Affine } from '../indexMap.ts';
import type { Draft, MapItem, ReductionItem, ScanItem } from './draft.ts';

/** Sets of loops are bit sets. */
const maxLoops = 31;

/** The loops along which an index moves. */
export function loopsOfIndex({ strides }: Affine): number {
  let loops = 0;
  for (let loop = 0; loop < strides.length; loop++) if (!isZero(strides[loop] ?? zero)) loops |= 1 << loop;
  return loops;
}

export const setOf = (loops: readonly number[]): number => loops.reduce((set, loop) => set | (1 << loop), 0);

/** What an expression depends on. */
interface Facts {
  /** The loops along which it changes. */
  readonly loops: number;
  /** How many reductions of a row, one after the other, must be complete before it can be computed. */
  readonly stage: number;
  /** Whether it is made of the running result of a scan. */
  readonly followsScan: boolean;
  /** Whether something in it is read at a place that depends on data: it may fail. */
  readonly gathers: boolean;
}

export class Stages {
  readonly #draft: Draft;
  readonly #facts = new Map<Expression, Facts>();
  readonly #reductions: ReadonlyMap<number, ReductionItem | ScanItem>;
  readonly #reduced: number;
  /** How many stages there are. */
  readonly count: number;

  constructor(draft: Draft) {
    this.#draft = draft;
    this.#reductions = new Map(
      draft.items.flatMap((item) => ('reduction' in item ? [[item.reduction, item]] : [])),
    );
    if (draft.extents.length > maxLoops)
      throw new InternalError('lower', `${draft.extents.length} loops in one nest`);
    this.#reduced = setOf(draft.reduced);
    const inWalks = draft.items.filter(({ level }) => level !== 'row');
    this.count = 1 + Math.max(0, ...inWalks.map(({ value }) => this.of(value).stage));
  }

  /** What `e` depends on: all that its operands do, and more. */
  of(e: Expression): Facts {
    let facts = this.#facts.get(e);
    if (facts !== undefined) return facts;
    let [loops, stage, followsScan] = [0, 0, false];
    let gathers = e.kind === 'load' && e.gathers.length > 0;
    for (const index of indicesOf(e)) loops |= loopsOfIndex(this.#draft.indexOf(index));
    if (e.kind === 'result') {
      const item = this.#reductions.get(e.reduction);
      followsScan = item?.level === 'scan';
      stage = item === undefined ? 0 : this.of(item.value).stage + (item.level === 'reduce' ? 1 : 0);
      loops = setOf(this.#draft.rows) | (followsScan ? this.#reduced : 0);
    }
    for (const arg of argsOf(e)) {
      const inner = this.of(arg);
      loops |= inner.loops;
      stage = Math.max(stage, inner.stage);
      followsScan ||= inner.followsScan;
      gathers ||= inner.gathers;
    }
    facts = { loops, stage, followsScan, gathers };
    this.#facts.set(e, facts);
    return facts;
  }

  isRowDependent(e: Expression): boolean {
    return (this.of(e).loops & this.#reduced) !== 0;
  }

  /** What the walk of a stage reduces, scans and stores. */
  workOf(stage: number): {
    readonly reduces: readonly ReductionItem[];
    readonly scans: readonly ScanItem[];
    readonly stores: readonly (MapItem | ScanItem)[];
  } {
    const here = this.#draft.items.filter(({ value }) => this.of(value).stage === stage);
    return {
      reduces: here.filter((item) => item.level === 'reduce'),
      scans: here.filter((item) => item.level === 'scan'),
      stores: here.filter(
        (item): item is MapItem | ScanItem =>
          (item.level === 'full' || item.level === 'scan') && item.isStored,
      ),
    };
  }
}
