/** Inputs of work on a device, kept there until it is submitted. */
import { InternalError } from '../../ir/errors.ts';
import type { ArraySource } from '../../ir/node.ts';
import { Source } from '../memory/source.ts';
import { inSession } from '../perSession.ts';
import type { GpuDevice } from './device.ts';
import { OutOfDeviceMemory } from './room.ts';
import { placeOn, type DeviceValues } from './values.ts';

/** Inputs of a plan as what they are in this library. */
export const sourcesIn = (inputs: readonly ArraySource[]): readonly Source[] =>
  inputs.map((input) => {
    if (input instanceof Source) return input;
    throw new InternalError('webgpu', 'an input is no source');
  });

/**
 * Holds the device copies of these sources during `work`; sources without one can be uploaded then. Values that were
 * evicted are computed again first, while nothing is held: work that waits for room must not hold any.
 */
export async function holding<T>(
  gpu: GpuDevice,
  sources: readonly Source[],
  work: () => Promise<T>,
): Promise<T> {
  const place = placeOn(gpu);
  const distinct = [...new Set(sources)];
  // Bringing one back may push out another, which is seldom, and hopeless if it goes on.
  for (let steps = 16 + 4 * distinct.length; ; steps--) {
    const missing = distinct.find((source) => source.at(place) === undefined && source.remote !== undefined);
    if (missing === undefined || gpu.lost !== undefined) break;
    if (steps === 0) throw new OutOfDeviceMemory('webgpu', 'the GPU has no room for all inputs at a time');
    await inSession(missing.recover());
  }
  const held: DeviceValues[] = [];
  for (const source of distinct) {
    const values = source.at(place);
    if (values === undefined) continue;
    values.hold();
    held.push(values);
  }
  try {
    return await inSession(work());
  } finally {
    for (const values of held) values.release();
  }
}
