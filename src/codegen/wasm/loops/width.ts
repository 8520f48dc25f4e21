/**
 * How many elements a pack has: enough vectors in flight to hide the latency of arithmetic, few enough that the
 * values alive at once fit the 16 vector registers of x64.
 */
import { bytesOf } from '../../../ir/dtype.ts';
import { isMathFunction } from '../../../ir/math/functions.ts';
import type { Line, LoopKernel } from '../../../ir/kernel.ts';
import { valueOf } from '../../../ir/nest.ts';
import { opRow } from '../../../ir/ops.ts';

/**
 * Bodies of up to this number of operations, not counting the inside of math functions, run four vectors of their widest
 * values at once, others two. Measured (10,000 float64, ns per element with 2, 4 and 8 lanes): exp 4.1, 2.55, 1.98;
 * sin 4.9, 3.97, 3.58; tanh 8.9, 5.2, 4.0.
 */
const lightOps = 8;
/** With programs whose steps wait for each other like math functions: normal numbers took 20 ns with 4 lanes, 13 with 8. */
const lightOpsOfChains = 16;
/** The weight from which on an op is such a chain, as random words are. */
const longChain = 60;
/** More math functions than that at four vectors would only make the code longer. */
const lightMath = 2;

export function lanesFor(lines: readonly Line[], kernel: LoopKernel): number {
  let widest = 1;
  let ops = 0;
  let math = 0;
  let chains = 0;
  for (const line of lines) {
    const value = valueOf(kernel, line.value);
    if (value.dtype !== 'bool') widest = Math.max(widest, bytesOf(value.dtype));
    if (value.kind === 'pad') ops++;
    if (value.kind === 'op') {
      ops++;
      if (opRow(value.op).weight >= longChain && !isMathFunction(value.op)) chains++;
      // Math functions compute in float64 (codegen/wasm/values/math.ts).
      if (isMathFunction(value.op) && value.dtype.startsWith('float')) {
        math++;
        widest = 8;
      } else widest = Math.max(widest, bytesOf(value.operand));
    }
  }
  const vectors = math > lightMath || ops > (chains > 0 ? lightOpsOfChains : lightOps) ? 2 : 4;
  return Math.min(16, (16 / widest) * vectors);
}
