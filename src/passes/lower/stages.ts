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

export class Stages {
  readonly #draft: Draft;
  readonly #loops = new Map<Expression, number>();
  readonly #stages = new Map<Expression, number>();
  readonly #gathering = new Map<Expression, boolean>();
  readonly #reductions: ReadonlyMap<number, ReductionItem | ScanItem>;
  readonly #following = new Map<Expression, boolean>();
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
    this.count = 1 + Math.max(0, ...inWalks.map(({ value }) => this.of(value)));
  }

  /** The loops that `e` depends on. */
  loopsOf(e: Expression): number {
    let loops = this.#loops.get(e);
    if (loops !== undefined) return loops;
    loops = 0;
    for (const index of indicesOf(e)) loops |= loopsOfIndex(this.#draft.indexOf(index));
    if (e.kind === 'result')
      loops = setOf(this.#draft.rows) | (this.followsScan(e) ? setOf(this.#draft.reduced) : 0);
    for (const arg of argsOf(e)) loops |= this.loopsOf(arg);
    this.#loops.set(e, loops);
    return loops;
  }

  isRowDependent(e: Expression): boolean {
    return (this.loopsOf(e) & this.#reduced) !== 0;
  }

  /** How many reductions of a row, one after the other, must be complete before `e` can be computed. */
  of(e: Expression): number {
    let stage = this.#stages.get(e);
    if (stage !== undefined) return stage;
    stage = 0;
    if (e.kind === 'result') {
      const item = this.#reductions.get(e.reduction);
      stage = item === undefined ? 0 : this.of(item.value) + (item.level === 'reduce' ? 1 : 0);
    }
    for (const arg of argsOf(e)) stage = Math.max(stage, this.of(arg));
    this.#stages.set(e, stage);
    return stage;
  }

  /** Whether `e` is made of the running result of a scan. */
  followsScan(e: Expression): boolean {
    let found = this.#following.get(e);
    if (found === undefined) {
      found =
        (e.kind === 'result' && this.#reductions.get(e.reduction)?.level === 'scan') ||
        argsOf(e).some((arg) => this.followsScan(arg));
      this.#following.set(e, found);
    }
    return found;
  }

  /** What the walk of a stage reduces, scans and stores. */
  workOf(stage: number): {
    readonly reduces: readonly ReductionItem[];
    readonly scans: readonly ScanItem[];
    readonly stores: readonly (MapItem | ScanItem)[];
  } {
    const here = this.#draft.items.filter(({ value }) => this.of(value) === stage);
    return {
      reduces: here.filter((item) => item.level === 'reduce'),
      scans: here.filter((item) => item.level === 'scan'),
      stores: here.filter(
        (item): item is MapItem | ScanItem =>
          (item.level === 'full' || item.level === 'scan') && item.isStored,
      ),
    };
  }

  /** Whether something in `e` is read at a place that depends on data: it may fail. */
  hasGather(e: Expression): boolean {
    let found = this.#gathering.get(e);
    if (found === undefined) {
      found = (e.kind === 'load' && e.gathers.length > 0) || argsOf(e).some((arg) => this.hasGather(arg));
      this.#gathering.set(e, found);
    }
    return found;
  }
}
