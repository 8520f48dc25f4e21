/**
 * The loop levels of generated code, and where the parts of an index are computed.
 *
 * `offset + i0*s0 + i1*s1` used inside the loop over i1 becomes `const o0 = offset + i0*s0` at the head of the loop
 * over i0, so that the inner loop adds one loop variable to one constant.
 */
import type { KernelIndex, KernelInt, KernelRange } from '../../ir/kernel.ts';

export class Scope {
  readonly parent: Scope | undefined;
  /** Declarations at the head of this level, complete once everything inside it is written. */
  readonly head: string[] = [];
  readonly #axes: readonly number[];
  readonly #bases = new Map<string, string>();
  readonly #shared: { next: number; readonly wide: boolean };

  private constructor(
    axes: readonly number[],
    shared: { next: number; readonly wide: boolean },
    parent?: Scope,
  ) {
    this.#axes = axes;
    this.parent = parent;
    this.#shared = shared;
  }

  /** The outermost level; `wide`: indices are doubles, not int32. */
  static outermost(wide: boolean): Scope {
    return new Scope([], { next: 0, wide });
  }

  inner(...axes: readonly number[]): Scope {
    return new Scope(axes, this.#shared, this);
  }

  /** The index as an expression of names known at this level. */
  index(index: KernelIndex): string {
    return this.#partial(index) ?? '0';
  }

  /** Whether indices are in all of these ranges, as names of conditions, each computed once where its index is known. */
  within(ranges: readonly KernelRange[]): string {
    return ranges.map((range) => this.#condition(range)).join(' && ');
  }

  #condition({ index, size }: KernelRange): string {
    const moves = index.terms.some(({ axis, stride }) => this.#axes.includes(axis) && !isZero(stride));
    if (!moves && this.parent !== undefined) return this.parent.#condition({ index, size });
    const at = this.#base(index) ?? '0';
    const test = `${at} >= 0 && ${at} < ${integer(size)}`;
    let name = this.#bases.get(test);
    if (name === undefined) {
      name = `g${this.#shared.next++}`;
      this.#bases.set(test, name);
      this.head.push(`const ${name} = ${test};`);
    }
    return name;
  }

  /** The part of an index known at this level; `undefined` is zero. */
  #partial(index: KernelIndex): string | undefined {
    const offset = isZero(index.offset) ? undefined : integer(index.offset);
    const outer = this.parent === undefined ? offset : this.parent.#base(index);
    const terms = index.terms.filter(({ axis, stride }) => this.#axes.includes(axis) && !isZero(stride));
    const sum = [
      ...(outer === undefined ? [] : [outer]),
      ...terms.map(({ axis, stride }) => term(`i${axis}`, stride, this.#shared.wide)),
    ];
    return sum.length === 0 ? undefined : sum.join(' + ');
  }

  /** The part known at this level as a name, for use further in. */
  #base(index: KernelIndex): string | undefined {
    const partial = this.#partial(index);
    if (partial === undefined || /^-?\w+$/.test(partial)) return partial;
    let name = this.#bases.get(partial);
    if (name === undefined) {
      name = `o${this.#shared.next++}`;
      this.#bases.set(partial, name);
      this.head.push(`const ${name} = ${partial};`);
    }
    return name;
  }
}

export const integer = (value: KernelInt): string =>
  'literal' in value ? String(value.literal) : `p${value.parameter}`;

const isZero = (value: KernelInt): boolean => 'literal' in value && value.literal === 0;

/**
 * Math.imul keeps the product an int32: `*` would check for overflow, and give -0 for 0 times a negative stride (which
 * wide code takes care of where an index is a value).
 */
export function term(value: string, stride: KernelInt, wide: boolean): string {
  if ('literal' in stride && stride.literal === 1) return value;
  if (wide) return `${value} * ${integer(stride)}`;
  return `Math.imul(${value}, ${integer(stride)})`;
}
