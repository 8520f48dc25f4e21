/**
 * An engine that refuses typed arrays of more than so many bytes, with the error of V8, while a test runs: machines differ
 * in what they refuse, and take their time.
 */
import { dtypeNames, dtypeTable } from '../../src/ir/dtype.ts';

type Rows = Record<string, { array: new (...given: readonly unknown[]) => ArrayBufferView }>;

/** Returns what brings the memory of the machine back. */
export function limitMemory(bytes: number): () => void {
  const rows = dtypeTable as unknown as Rows;
  const before = new Map(dtypeNames.map((dtype) => [dtype, rows[dtype]?.array]));
  for (const [dtype, array] of before) {
    const row = rows[dtype];
    if (array === undefined || row === undefined) continue;
    row.array = new Proxy(array, {
      construct(constructor, given: readonly unknown[]) {
        const [length] = given;
        if (typeof length === 'number' && length * dtypeTable[dtype].bytes > bytes)
          throw new RangeError('Array buffer allocation failed');
        return new constructor(...given);
      },
    });
  }
  return () => {
    for (const [dtype, array] of before) {
      const row = rows[dtype];
      if (array !== undefined && row !== undefined) row.array = array;
    }
  };
}
