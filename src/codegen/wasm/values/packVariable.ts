/** A pack that changes: each vector in a variable. */
import type { Local } from '../assembler/operands.ts';
import { maskVectors } from './masks.ts';
import { laneBytesOf, vectorCount, vectorOf, type LaneBytes, type Pack, type PackContext } from './pack.ts';

export class PackVariable {
  readonly variables: readonly Local[];
  readonly #c: PackContext;
  readonly #pack: Pack;

  /** Of the same width as what it starts from. */
  constructor(c: PackContext, start: Pack, name?: string) {
    this.#c = c;
    this.#pack = start;
    this.variables = start.vectors.map((vector) => c.f.variable('v128', vector, name));
  }

  /** Lanes of their own, all of which start from one value. */
  static ofLanes(c: PackContext, start: Pack): PackVariable {
    const bytes =
      start.dtype === 'bool' ? (Math.min(8, 16 / c.lanes) as LaneBytes) : laneBytesOf(start.dtype);
    const vectors = Array.from({ length: vectorCount(c.lanes, bytes) }, () => vectorOf(start, 0));
    return new PackVariable(c, { dtype: start.dtype, vectors, uniform: false, maskBytes: bytes });
  }

  /** What it holds now. */
  now(): Pack {
    return { ...this.#pack, vectors: this.variables.map((variable) => this.#c.f.freeze(variable)) };
  }

  set(next: Pack): void {
    const same = next.dtype === 'bool' && !next.uniform ? this.#widened(next) : next;
    this.variables.forEach((variable, k) => {
      this.#c.f.set(variable, vectorOf(same, k));
    });
  }

  #widened(next: Pack): Pack {
    return { ...next, vectors: maskVectors(this.#c, next, this.#pack.maskBytes) };
  }
}

/** The registers of an accumulator. */
export const setAll = (variables: readonly PackVariable[], next: readonly Pack[]): void => {
  variables.forEach((variable, k) => {
    const pack = next[k];
    if (pack !== undefined) variable.set(pack);
  });
};

export const allNow = (variables: readonly PackVariable[]): readonly Pack[] =>
  variables.map((variable) => variable.now());
