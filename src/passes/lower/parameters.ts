/** The parameters of a kernel, in the order of their first use: buffers, run-time integers, scalars. */
import type { DType } from '../../ir/dtype.ts';
import type { BufferRole, KernelBuffer, KernelIndex, KernelInt } from '../../ir/kernel.ts';
import { isZero, type Size } from '../../ir/size.ts';
import type { PlanSource } from '../expression.ts';
import type { Affine } from '../indexMap.ts';
import type { ScratchBuffer } from '../plan.ts';

/** Offsets up to this one are written into the code, as neighbours in a stencil are. */
const largestLiteral = 2;

/** Places that only differ in a number, as rows of a stack do, should be one kernel: large numbers are parameters. */
export const isLargeOffset = ({ literal }: Size): boolean =>
  literal !== undefined && literal > largestLiteral;

export class Parameters {
  readonly sources: (PlanSource | ScratchBuffer)[] = [];
  readonly integers: Size[] = [];
  readonly scalars: { readonly slot: number; readonly dtype: DType }[] = [];
  readonly #roles: BufferRole[] = [];
  /** By the slot of a parameter, or a buffer itself. */
  readonly #places = new Map<unknown, number>();
  readonly #positions = new Map<string, number>();

  get buffers(): readonly KernelBuffer[] {
    return this.sources.map(({ dtype }, k) => ({ dtype, role: this.#roles[k] ?? 'input' }));
  }

  /** The position of a buffer; one that is written anywhere is an output. */
  buffer(source: PlanSource | ScratchBuffer, role: BufferRole): number {
    const key = source.kind === 'parameter' ? source.slot : source;
    const at = this.#places.get(key);
    if (at === undefined) {
      this.#roles.push(role);
      this.#places.set(key, this.sources.length);
      return this.sources.push(source) - 1;
    }
    if (role === 'output') this.#roles[at] = 'output';
    return at;
  }

  scalar(slot: number, dtype: DType): number {
    const at = this.scalars.findIndex((scalar) => scalar.slot === slot);
    return at < 0 ? this.scalars.push({ slot, dtype }) - 1 : at;
  }

  int(size: Size): KernelInt {
    return size.literal === undefined ? this.#parameter(size) : { literal: size.literal };
  }

  index({ offset, strides }: Affine): KernelIndex {
    const terms: { axis: number; stride: KernelInt }[] = [];
    strides.forEach((stride, axis) => {
      if (!isZero(stride)) terms.push({ axis, stride: this.int(stride) });
    });
    return { offset: isLargeOffset(offset) ? this.#parameter(offset) : this.int(offset), terms };
  }

  #parameter(size: Size): KernelInt {
    let parameter = this.#positions.get(size.key);
    if (parameter === undefined) {
      parameter = this.integers.push(size) - 1;
      this.#positions.set(size.key, parameter);
    }
    return { parameter };
  }
}
