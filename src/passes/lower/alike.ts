/**
 * Kernels that are alike are lowered once. An unrolled loop makes hundreds of drafts that differ in arrays, sizes and
 * scalars alone, and these are parameters of a kernel. The outline of a draft has numbers in their place, in the order of
 * their first use: drafts with equal outlines share one kernel object, so that whatever is made of a kernel is made once.
 *
 * Sizes count as equal or not, as lowering compares them, and a literal by its value. Scratch memory has sizes that are
 * computed from others: a kernel that takes some is lowered for itself.
 */
import type { Kernel } from '../../ir/kernel.ts';
import type { Size } from '../../ir/size.ts';
import { indicesOf, type Expression, type Gather, type PlanSource } from '../expression.ts';
import type { Affine, Range } from '../indexMap.ts';
import type { LoweredKernel, SourceReads } from '../plan.ts';
import type { Draft, Item } from './draft.ts';
import { isLargeOffset } from './parameters.ts';

/** Things by the order in which they were first met. */
class Numbered<T> {
  readonly all: T[] = [];
  readonly #numbers = new Map<unknown, number>();

  of(thing: T, key: unknown): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.all.push(thing) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  find(key: unknown): number | undefined {
    return this.#numbers.get(key);
  }
}

/** A parameter is another object at each of its loads. */
const keyOfSource = (source: PlanSource): unknown => (source.kind === 'parameter' ? source.slot : source);

class Outline {
  readonly text: string;
  readonly sources = new Numbered<PlanSource>();
  readonly sizes = new Numbered<Size>();
  readonly scalars = new Numbered<number>();
  /** Positions of expressions, by their ids. */
  readonly #positions: number[] = [];

  constructor({ extents, rows, reduced, used, items, indexOf, unrolledLines }: Draft) {
    let text = `${unrolledLines};${rows.join()};${reduced.join()}`;
    for (const extent of extents) text += `;${this.#size(extent)}`;
    used.forEach((e, position) => {
      text += `\n${e.dtype} ${this.#expression(e)}`;
      for (const index of indicesOf(e)) text += this.#affine(indexOf(index));
      this.#positions[e.id] = position;
    });
    for (const item of items) text += `\n${this.#item(item)}`;
    this.text = text;
  }

  #at({ id }: Expression): number {
    return this.#positions[id] ?? -1;
  }

  #size(size: Size): string {
    return size.literal === undefined ? `p${this.sizes.of(size, size.key)}` : String(size.literal);
  }

  #source(source: PlanSource): string {
    return `b${this.sources.of(source, keyOfSource(source))}.${source.dtype}`;
  }

  #affine({ offset, strides }: Affine): string {
    let text = isLargeOffset(offset) ? `[p${this.sizes.of(offset, offset.key)}` : `[${this.#size(offset)}`;
    for (const stride of strides) text += `,${this.#size(stride)}`;
    return `${text}]`;
  }

  #gathers(gathers: readonly Gather[]): string {
    let text = '';
    for (const { value, stride, size } of gathers)
      text += `@${this.#at(value)}*${this.#size(stride)}<${this.#size(size)}`;
    return text;
  }

  /** The sizes of the ranges; their indices are those of the expression. */
  #guard(guard: readonly Range[] | undefined): string {
    let text = '';
    for (const { size } of guard ?? []) text += `?${this.#size(size)}`;
    return text;
  }

  #expression(e: Expression): string {
    switch (e.kind) {
      case 'constant':
        return `=${Object.is(e.value, -0) ? '-0' : String(e.value)}`;
      case 'scalar':
        return `c${this.scalars.of(e.slot, e.slot)}`;
      case 'index':
        return 'i';
      case 'load':
        return `${this.#source(e.source)}${this.#gathers(e.gathers)}${this.#guard(e.guard)}`;
      case 'pad':
        return `pad ${this.#at(e.value)} ${this.#at(e.fill)}${this.#guard(e.guard)}`;
      case 'op': {
        let text = `${e.op}.${e.operand}`;
        for (const arg of e.args) text += ` ${this.#at(arg)}`;
        return text;
      }
      case 'cast':
        return `< ${this.#at(e.arg)}`;
      case 'result':
        return `r${e.reduction}`;
    }
  }

  #item(item: Item): string {
    const { level, isStored, value, head, store, scatter } = item;
    let text = `${level} ${isStored} ${this.#at(value)} ${this.#source(head.buffer)}${this.#affine(store)}`;
    if (scatter !== undefined) text += ` ${scatter.op}${this.#gathers(scatter.gathers)}`;
    if ('outcome' in item)
      text += ` ${item.op} r${item.reduction}.${item.outcome.dtype} ${this.#at(item.element)}`;
    return item.level === 'scan' ? `${text} ${item.exclusive}` : text;
  }
}

/** What a kernel takes besides its text, and how it reads. */
type Taken = Pick<LoweredKernel, 'kernel' | 'buffers' | 'integers' | 'scalars' | 'reads'>;

interface Lowered {
  readonly kernel: Kernel;
  /** What its parameters are, as numbers of the outline. */
  readonly sources: readonly number[];
  readonly sizes: readonly number[];
  readonly scalars: readonly number[];
  readonly reads: readonly SourceReads[];
}

/** The kernels that were lowered for one plan, by the outlines of their drafts. */
export class AlikeKernels {
  readonly #known = new Map<string, Lowered>();
  /** The first draft of each extent. It gets an outline when there is another to compare it with. */
  readonly #firsts = new Map<string, { readonly draft: Draft; readonly made: Taken; isKnown: boolean }>();

  /** `lower` lowers the draft; `readsLike` gives its reads where a draft that is alike has these. */
  kernelOf(
    draft: Draft,
    lower: () => Taken,
    readsLike: (reads: readonly SourceReads[]) => readonly SourceReads[],
  ): Taken {
    const extent = `${draft.used.length},${draft.items.length},${draft.extents.length}`;
    const first = this.#firsts.get(extent);
    if (first === undefined) {
      const made = lower();
      this.#firsts.set(extent, { draft, made, isKnown: false });
      return made;
    }
    if (!first.isKnown) this.#remember(new Outline(first.draft), first.made);
    first.isKnown = true;
    const outline = new Outline(draft);
    const known = this.#known.get(outline.text);
    if (known !== undefined)
      return {
        kernel: known.kernel,
        buffers: pick(outline.sources.all, known.sources),
        integers: pick(outline.sizes.all, known.sizes),
        scalars: pick(outline.scalars.all, known.scalars),
        reads: readsLike(known.reads),
      };
    const made = lower();
    this.#remember(outline, made);
    return made;
  }

  /** A kernel that takes nothing but what the draft names. */
  #remember({ text, sources, sizes, scalars }: Outline, made: Taken): void {
    const sourceNumbers = made.buffers.map((buffer) =>
      buffer.kind === 'scratch' ? undefined : sources.find(keyOfSource(buffer)),
    );
    const sizeNumbers = made.integers.map(({ key }) => sizes.find(key));
    const scalarNumbers = made.scalars.map((slot) => scalars.find(slot));
    if (!isComplete(sourceNumbers) || !isComplete(sizeNumbers) || !isComplete(scalarNumbers)) return;
    const { kernel, reads } = made;
    this.#known.set(text, {
      kernel,
      sources: sourceNumbers,
      sizes: sizeNumbers,
      scalars: scalarNumbers,
      reads,
    });
  }
}

const isComplete = (numbers: readonly (number | undefined)[]): numbers is readonly number[] =>
  !numbers.includes(undefined);

const pick = <T>(all: readonly T[], numbers: readonly number[]): T[] =>
  numbers.flatMap((number) => all[number] ?? []);
