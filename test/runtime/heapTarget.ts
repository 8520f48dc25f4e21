/**
 * A target for tests of the storage layer: the JS target, run over views on the shared heap. It checks what targets
 * are promised about their buffers.
 */
import { memoryBuffer, inMemory, readableBeyond } from '../../src/codegen/wasm/module/memory.ts';
import { jsTarget } from '../../src/codegen/js/target.ts';
import type { Target } from '../../src/codegen/target.ts';

function check(buffer: ArrayBufferView): void {
  if (!inMemory(buffer)) throw new Error('a buffer does not lie on the heap');
  if (buffer.byteOffset % 16 !== 0 || buffer.byteOffset === 0)
    throw new Error(`a buffer at ${buffer.byteOffset}`);
  if (buffer.byteOffset + buffer.byteLength + readableBeyond > memoryBuffer().byteLength)
    throw new Error('a buffer ends where the memory ends');
}

export const heapTarget: Target = {
  name: 'wasm',
  memory: 'heap',
  available: true,
  compile: (kernel) => {
    const { run, code } = jsTarget.compile(kernel);
    return {
      run: (buffers, integers, scalars) => {
        buffers.forEach(check);
        run(buffers, integers, scalars);
      },
      code,
    };
  },
};
