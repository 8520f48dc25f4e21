/**
 * Reading back: device memory is copied to a staging buffer, which is mapped, copied to ordinary memory and used again.
 * Large arrays go through in pieces, two of them in flight, so that copying on the device and on the host overlap.
 */
import { inSession } from '../perSession.ts';
import { bufferUsage, mapRead } from './usage.ts';

const pieceBytes = 32 * 2 ** 20;
const smallestStaging = 4096;
/** Staging buffers kept for reuse. */
const keptBuffers = 4;

export class ReadBack {
  readonly #device: GPUDevice;
  readonly #free: GPUBuffer[] = [];
  /** Reads so far, and their bytes. */
  reads = 0;
  bytes = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Copies the first bytes of `buffer`, as they are when all work submitted so far is done, into `into`. */
  async read(buffer: GPUBuffer, into: Uint8Array): Promise<void> {
    this.reads++;
    this.bytes += into.byteLength;
    const pending: Promise<void>[] = [];
    for (let from = 0; from < into.byteLength; from += pieceBytes) {
      if (pending.length >= 2) await inSession(pending.shift());
      const piece = this.#piece(buffer, from, into.subarray(from, from + pieceBytes));
      // After the first failure the later pieces are not awaited: their rejections are not unhandled.
      piece.catch(() => undefined);
      pending.push(piece);
    }
    await inSession(Promise.all(pending));
  }

  async #piece(buffer: GPUBuffer, from: number, into: Uint8Array): Promise<void> {
    const bytes = Math.ceil(into.byteLength / 4) * 4;
    const staging = this.#take(bytes);
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, from, staging, 0, bytes);
    this.#device.queue.submit([encoder.finish()]);
    try {
      await inSession(staging.mapAsync(mapRead, 0, bytes));
      into.set(new Uint8Array(staging.getMappedRange(0, bytes)).subarray(0, into.byteLength));
      staging.unmap();
    } catch (error) {
      staging.destroy();
      throw error;
    }
    if (this.#free.length < keptBuffers) this.#free.push(staging);
    else staging.destroy();
  }

  /** The smallest free buffer that is large enough, or a new one. */
  #take(bytes: number): GPUBuffer {
    let best = -1;
    this.#free.forEach(({ size }, k) => {
      if (size >= bytes && size < (this.#free[best]?.size ?? Infinity)) best = k;
    });
    const [found] = best < 0 ? [] : this.#free.splice(best, 1);
    return (
      found ??
      this.#device.createBuffer({
        size: Math.max(smallestStaging, 2 ** Math.ceil(Math.log2(bytes))),
        usage: bufferUsage.mapRead | bufferUsage.copyDestination,
      })
    );
  }
}
