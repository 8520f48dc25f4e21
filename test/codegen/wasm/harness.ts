/** Small modules around code on packs: operands come from memory, the result goes there, elements are compared. */
import { allocate, viewOf, type DType, type Scalar, type TypedArray } from '../../../src/ir/dtype.ts';
import type { Table } from '../../../src/ir/math/machine.ts';
import { FunctionBuilder } from '../../../src/codegen/wasm/assembler/function.ts';
import type { Local } from '../../../src/codegen/wasm/assembler/operands.ts';
import { encodeModule } from '../../../src/codegen/wasm/assembler/module.ts';
import { printFunction } from '../../../src/codegen/wasm/assembler/text.ts';
import { splatScalar } from '../../../src/codegen/wasm/values/constants.ts';
import { ModuleContext } from '../../../src/codegen/wasm/module/context.ts';
import { bytesFromMask, maskFromBytes, maskVectors } from '../../../src/codegen/wasm/values/masks.ts';
import {
  laneBytesOf,
  vectorCount,
  type LaneBytes,
  type Pack,
  type PackContext,
} from '../../../src/codegen/wasm/values/pack.ts';
import { maskPack, numberPack } from '../../../src/codegen/wasm/values/vectors.ts';

const memory = new WebAssembly.Memory({ initial: 64 });
const bytes = new Uint8Array(memory.buffer);

/** The elements in memory from `address` on. */
const elementsAt = (dtype: DType, address: number, count: number): TypedArray =>
  viewOf(dtype, memory.buffer, address, count);

/** Where tables lie; operands and results are far above. */
const tables = new Map<Table, number>();
let tablesEnd = 64;
function place(table: Table): number {
  let address = tables.get(table);
  if (address === undefined) {
    address = tablesEnd;
    new Float64Array(memory.buffer, address, table.values.length).set(table.values);
    tables.set(table, address);
    tablesEnd += table.values.byteLength;
  }
  return address;
}

const region = 512 * 1024;
const regionOf = (k: number): number => (k + 1) * region;
const resultRegion = regionOf(4);

export interface OperandForm {
  readonly dtype: DType;
  /** The same value for all lanes of a pack: that of the first. */
  readonly uniform: boolean;
  /** bool: the width of the mask. */
  readonly maskBytes?: LaneBytes;
}

export type PackCode = (c: PackContext, args: readonly Pack[]) => Pack;

export interface Program {
  /** The results, one for each element of the operands, whose number is a multiple of `lanes`. */
  run(operands: readonly (readonly Scalar[])[]): readonly Scalar[];
  readonly text: string;
}

function load(c: PackContext, address: Local, form: OperandForm): Pack {
  const { f } = c;
  const { dtype, uniform } = form;
  if (uniform) {
    const name = { 1: 'i32.load8_u', 2: 'i32.load16_u', 4: 'i32.load', 8: 'i64.load' }[laneBytesOf(dtype)];
    const float = dtype === 'float32' ? 'f32.load' : dtype === 'float64' ? 'f64.load' : name;
    return splatScalar(c, dtype, f.load(float, address));
  }
  const vectors = Array.from({ length: vectorCount(c.lanes, laneBytesOf(dtype)) }, (_, k) =>
    f.load('v128.load', address, 16 * k),
  );
  if (dtype !== 'bool') return numberPack(dtype, vectors, false);
  const mask = maskFromBytes(c, vectors);
  const width = form.maskBytes ?? 1;
  return maskPack(maskVectors(c, mask, width), width, false);
}

/** `code` as a program that takes operands in these forms. */
export function programOf(lanes: number, forms: readonly OperandForm[], code: PackCode): Program {
  const f = new FunctionBuilder('run', [...forms.map((_, k) => [`p${k}`, 'i32'] as const), ['out', 'i32']]);
  const module = new ModuleContext(place);
  const c: PackContext = { f, module, lanes };
  const result = code(
    c,
    forms.map((form, k) => load(c, f.parameter(k), form)),
  );
  const stored = result.dtype === 'bool' ? bytesFromMask(c, result) : result.vectors;
  stored.forEach((vector, k) => {
    f.store('v128.store', f.parameter(forms.length), vector, 16 * k);
  });
  const helpers = [...module.helpers.values()];
  const instance = new WebAssembly.Instance(new WebAssembly.Module(encodeModule([f], helpers, [], false)), {
    env: { memory },
  });
  const run = instance.exports['run'] as (...addresses: number[]) => void;
  const size = laneBytesOf(result.dtype);
  return {
    get text() {
      return [...helpers, f].map(printFunction).join('\n');
    },
    run(operands) {
      const count = operands[0]?.length ?? 0;
      operands.forEach((values, k) => {
        const form = forms[k];
        if (form === undefined) return;
        const elements = allocate(form.dtype, count);
        values.forEach((value, i) => {
          elements[i] = value;
        });
        bytes.set(new Uint8Array(elements.buffer), regionOf(k));
        // What lies beyond partial packs.
        bytes.fill(0xa5, regionOf(k) + elements.byteLength, regionOf(k) + elements.byteLength + 16);
      });
      const results: Scalar[] = [];
      const at = elementsAt(result.dtype, resultRegion, 16 / size);
      const wide = elementsAt(result.dtype, resultRegion, lanes);
      for (let i = 0; i < count; i += lanes) {
        run(...forms.map(({ dtype }, k) => regionOf(k) + i * laneBytesOf(dtype)), resultRegion);
        if (result.uniform) {
          const [first = 0] = at;
          for (const lane of at)
            if (!Object.is(lane, first)) throw new Error(`lanes of a uniform value: ${at.join(' ')}`);
          for (let k = 0; k < lanes; k++) results.push(first);
        } else for (const value of wide) results.push(value);
      }
      return results;
    },
  };
}

/** What the elements of an operand are for the reference: uniform ones repeat the first of each pack. */
export const seen = (values: readonly Scalar[], form: OperandForm, lanes: number): readonly Scalar[] =>
  form.uniform ? values.map((_, k) => values[k - (k % lanes)] ?? 0) : values;

/** Values with every bit at random. */
export function randomScalars(dtype: DType, count: number, random: () => number): readonly Scalar[] {
  const elements = allocate(dtype, count);
  const raw = new Uint8Array(elements.buffer);
  for (let k = 0; k < raw.length; k++) raw[k] = Math.floor(random() * 256);
  if (dtype === 'bool') raw.forEach((value, k) => (raw[k] = value & 1));
  return [...elements];
}

/** The same numbers on every run. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
