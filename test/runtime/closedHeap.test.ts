/** A heap that is closed: everything is evicted, and its memory goes to other heaps once and only once. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Allocator, type Region, type Span } from '../../src/runtime/memory/allocator.ts';
import { Heap } from '../../src/runtime/memory/heap.ts';
import { settings } from '../support/runs.ts';

const sumOf = (regions: readonly Region[]): number => regions.reduce((sum, { bytes }) => sum + bytes, 0);

test('what is taken out of an allocator is what is free, and the rest follows when it is freed', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 4096 }), { maxLength: 40 });
  fc.assert(
    fc.property(sizes, sizes, fc.array(fc.nat()), (before, regions, freed) => {
      const allocator = new Allocator();
      let end = 64;
      for (const units of regions) {
        allocator.addRegion(end, 64 * units);
        end += 64 * (units + (units % 3));
      }
      const { total } = allocator;
      const live: Span[] = [];
      for (const size of before) {
        const span = allocator.allocate(64 * size);
        if (span !== undefined) live.push(span);
      }
      for (const which of freed)
        for (const span of live.splice(which % Math.max(1, live.length), 1)) allocator.free(span);
      const { used } = allocator;
      const taken = [...allocator.takeFree()];
      expect(sumOf(taken)).toBe(total - used);
      expect([allocator.total, allocator.used, allocator.takeFree().length]).toEqual([used, used, 0]);
      expect(allocator.allocate(64)).toBeUndefined();
      for (const span of live) {
        allocator.free(span);
        taken.push(...allocator.takeFree());
      }
      expect([sumOf(taken), allocator.total]).toEqual([total, 0]);
      const sorted = taken.toSorted((a, b) => a.address - b.address);
      sorted.forEach(({ address, bytes }, k) => {
        expect(address + bytes).toBeLessThanOrEqual(sorted[k + 1]?.address ?? end);
      });
      // Another allocator takes the regions in any order.
      const other = new Allocator();
      for (const { address, bytes } of taken) other.addRegion(address, bytes);
      expect(other.total).toBe(total);
    }),
    settings(200),
  );
});

test('closing evicts all blocks, those of a run in progress when it ends', () => {
  let end = 64;
  const heap = new Heap(2 ** 20, (bytes) => {
    end += bytes;
    return end - bytes;
  });
  let evicted = 0;
  const tenant = { evict: () => evicted++ };
  for (let k = 0; k < 3; k++) heap.allocate(1024, tenant);
  const held = heap.allocate(1024);
  heap.startRun();
  heap.allocate(1024, tenant);
  heap.close();
  expect([evicted, heap.usedBytes]).toEqual([3, 2048]);
  heap.endRun();
  expect([evicted, heap.usedBytes]).toEqual([4, 1024]);
  if (held !== undefined) heap.free(held);
  expect(heap.info).toMatchObject({ bytes: 0, reservedBytes: 0, blocks: 0 });
  expect(heap.allocate(64, tenant)).toBeUndefined();
});
