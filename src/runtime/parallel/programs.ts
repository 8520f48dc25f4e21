/**
 * The programs that are in the shared memory now. Threads look at a program only while they run a launch of it; so
 * between jobs, the place of the one that was not used for longest can be given to another.
 */
import type { PartProgram } from '../../codegen/target.ts';
import { memoryBuffer, reserve } from '../../codegen/wasm/module/memory.ts';
import { programBytes, writeProgram } from './program.ts';

interface Placed {
  readonly program: PartProgram;
  readonly address: number;
  readonly bytes: number;
}

/** So many programs have a place; a job uses no more than half of them. */
const maxPlaced = 512;
export const maxProgramsOfJob = maxPlaced / 2;
/** Places are of sizes that others can use. */
const smallestPlace = 1024;

const placed = new Map<number, Placed>();
const byAddress = new Map<number, PartProgram>();
/** Places that are free, by size. */
const free = new Map<number, number[]>();

/** Where the program lies. Not while a job is in progress that uses others but has not taken them all. */
export function placeProgram(program: PartProgram): number {
  const known = placed.get(program.id);
  if (known !== undefined) {
    placed.delete(program.id);
    placed.set(program.id, known);
    return known.address;
  }
  if (placed.size >= maxPlaced) {
    const [oldest] = placed.values();
    if (oldest !== undefined) {
      placed.delete(oldest.program.id);
      byAddress.delete(oldest.address);
      free.set(oldest.bytes, [...(free.get(oldest.bytes) ?? []), oldest.address]);
    }
  }
  const bytes = Math.max(smallestPlace, 2 ** Math.ceil(Math.log2(programBytes(program.bytes))));
  const address = free.get(bytes)?.pop() ?? reserve(bytes, 64);
  writeProgram(memoryBuffer(), address, program.id, program.bytes);
  placed.set(program.id, { program, address, bytes });
  byAddress.set(address, program);
  return address;
}

/** The program that lies there. */
export const programAt = (address: number): PartProgram | undefined => byAddress.get(address);

/** Gives up every place: threads that are lost may still look there. */
export function abandonPrograms(): void {
  placed.clear();
  byAddress.clear();
}
