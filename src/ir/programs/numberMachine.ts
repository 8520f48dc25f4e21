/** The machine of single numbers: what programs mean, for the reference evaluator and for constants. */
import type { ComputeDType, Scalar } from '../dtype.ts';
import { applyPrimitive, primitiveFunction } from '../primitives.ts';
import { castScalar } from '../scalar.ts';
import type { ProgramMachine } from './machine.ts';

const floats = new DataView(new ArrayBuffer(8));

export const numberMachine: ProgramMachine<Scalar> = {
  constant: (_, value) => value,
  op: (op, operand, x = 0, y = x, z = x) => applyPrimitive(op, operand, x, y, z),
  functionOf: primitiveFunction,
  cast: (value, from: ComputeDType, to: ComputeDType) => castScalar(value, from, to),
  bitsOf(value, dtype) {
    if (dtype === 'float32') floats.setFloat32(0, Number(value));
    else floats.setFloat64(0, Number(value));
    return dtype === 'float32' ? floats.getUint32(0) : floats.getBigUint64(0);
  },
  ofBits(bits, dtype) {
    if (dtype === 'float32') floats.setUint32(0, Number(bits));
    else floats.setBigUint64(0, BigInt(bits));
    return dtype === 'float32' ? floats.getFloat32(0) : floats.getFloat64(0);
  },
  rarely: (condition, usual, exception) => (condition === 0 ? usual : exception()),
  loop(state, more, next, most) {
    let current = state;
    for (let k = 0; k < most && more(current) !== 0; k++) current = next(current);
    return current;
  },
};
