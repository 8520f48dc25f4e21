/** The heap against a model: blocks do not overlap, are aligned, and stay within the budget. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Allocator, type Span } from '../../src/runtime/memory/allocator.ts';
import { Heap, type Block } from '../../src/runtime/memory/heap.ts';
import { settings } from '../support/runs.ts';

const MiB = 2 ** 20;

interface Range {
  readonly address: number;
  readonly bytes: number;
}

function expectDisjoint(ranges: readonly Range[]): void {
  const sorted = [...ranges].sort((a, b) => a.address - b.address);
  sorted.forEach(({ address, bytes }, k) => {
    expect(address % 64).toBe(0);
    const next = sorted[k + 1];
    if (next !== undefined) expect(address + bytes).toBeLessThanOrEqual(next.address);
  });
}

/** Sizes of all magnitudes. */
const bytes = fc.integer({ min: 0, max: 20 }).chain((log) => fc.integer({ min: 1, max: 2 ** log * 64 }));

describe('allocator', () => {
  test('spans are disjoint, aligned and inside the regions; what is freed is found again', () => {
    const action = fc.oneof(
      { weight: 4, arbitrary: bytes.map((size) => ({ do: 'allocate', size }) as const) },
      { weight: 3, arbitrary: fc.nat().map((which) => ({ do: 'free', which }) as const) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('region' as const), gap: fc.nat(3), units: fc.nat(5000) }),
      },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        const allocator = new Allocator();
        const live: Span[] = [];
        const regions: Range[] = [];
        let end = 64;
        for (const step of actions) {
          if (step.do === 'region') {
            const region = { address: end + step.gap * 64, bytes: (step.units + 1) * 64 };
            allocator.addRegion(region.address, region.bytes);
            regions.push(region);
            end = region.address + region.bytes;
          } else if (step.do === 'allocate') {
            const span = allocator.allocate(step.size);
            if (span === undefined) continue;
            expect(span.bytes).toBeGreaterThanOrEqual(step.size);
            live.push(span);
          } else if (live.length > 0) {
            const [span] = live.splice(step.which % live.length, 1);
            if (span !== undefined) allocator.free(span);
          }
          expectDisjoint(live);
          expect(allocator.blocks).toBe(live.length);
          expect(allocator.used).toBe(live.reduce((sum, span) => sum + span.bytes, 0));
          for (const span of live) expect(allocator.end).toBeGreaterThanOrEqual(span.address + span.bytes);
        }
        for (const span of live) allocator.free(span);
        // Everything has merged again: adjacent regions are one piece.
        let largest = 0;
        let piece = 0;
        regions.forEach(({ address, bytes: size }, k) => {
          const before = regions[k - 1];
          piece = before !== undefined && before.address + before.bytes === address ? piece + size : size;
          largest = Math.max(largest, piece);
        });
        if (largest > 0) expect(allocator.allocate(largest)?.bytes).toBe(largest);
      }),
      settings(400),
    );
  });

  test('addresses up to 4 GiB', () => {
    const allocator = new Allocator();
    allocator.addRegion(64, 2 ** 32 - 128);
    const spans = Array.from({ length: 63 }, () => allocator.allocate(64 * MiB));
    expect(spans.at(-1)?.address).toBeGreaterThan(2 ** 31 * 1.9);
    for (const span of spans) if (span !== undefined) allocator.free(span);
    expect(allocator.allocate(2 ** 32 - 128)?.address).toBe(64);
  });

  test('the size that was just freed fits again, whatever its class', () => {
    const allocator = new Allocator();
    allocator.addRegion(64, 80_000 + 64);
    for (let k = 0; k < 10; k++) {
      const span = allocator.allocate(80_000);
      expect(span?.address).toBe(64);
      if (span !== undefined) allocator.free(span);
    }
  });
});

/** A memory that hands out addresses, with gaps now and then as `reserve` makes them. */
function fakeMemory(): { readonly take: (bytes: number) => number; readonly taken: () => number } {
  let end = 1024;
  let total = 0;
  return {
    take: (size) => {
      if (total % (8 * MiB) < 3 * MiB) end += 256 * 1024;
      const address = end;
      end += size;
      total += size;
      return address;
    },
    taken: () => total,
  };
}

describe('heap', () => {
  test('never takes more than its budget, and evicts least recently used first', () => {
    const action = fc.oneof(
      { weight: 5, arbitrary: bytes.map((size) => ({ do: 'allocate', size }) as const) },
      { weight: 2, arbitrary: bytes.map((size) => ({ do: 'pinned', size }) as const) },
      { weight: 3, arbitrary: fc.nat().map((which) => ({ do: 'free', which }) as const) },
      { weight: 3, arbitrary: fc.nat().map((which) => ({ do: 'use', which }) as const) },
      { weight: 1, arbitrary: fc.constant({ do: 'run' } as const) },
    );
    const budgets = fc.integer({ min: 1, max: 64 }).map((units) => units * MiB);
    fc.assert(
      fc.property(budgets, fc.array(action, { maxLength: 100 }), (budget, actions) => {
        const memory = fakeMemory();
        const heap = new Heap(budget, memory.take);
        /** In the order of last use. */
        let order: Block[] = [];
        const pinned: Block[] = [];
        let usedInRun = new Set<Block>();
        let running = false;
        for (const step of actions) {
          if (step.do === 'allocate' || step.do === 'pinned') {
            const holder: { block?: Block } = {};
            const tenant = {
              evict: (): void => {
                expect(holder.block).toBe(order[0]);
                if (holder.block !== undefined) expect(usedInRun.has(holder.block)).toBe(false);
                order = order.slice(1);
              },
            };
            const block = heap.allocate(step.size, step.do === 'allocate' ? tenant : undefined);
            if (block === undefined) continue;
            if (step.do === 'allocate') {
              holder.block = block;
              order.push(block);
              if (running) usedInRun.add(block);
            } else pinned.push(block);
          } else if (step.do === 'run') {
            if (running) heap.endRun();
            else heap.startRun();
            running = !running;
            usedInRun = new Set();
          } else {
            const all = [...order, ...pinned];
            const block = all[step.which % Math.max(1, all.length)];
            if (block === undefined) continue;
            if (step.do === 'use') {
              heap.use(block);
              if (order.includes(block)) {
                order = [...order.filter((other) => other !== block), block];
                if (running) usedInRun.add(block);
              }
            } else {
              heap.free(block);
              order = order.filter((other) => other !== block);
              const at = pinned.indexOf(block);
              if (at >= 0) pinned.splice(at, 1);
            }
          }
          const live = [...order, ...pinned];
          expectDisjoint(live.map(({ span }) => span));
          expect(heap.info.blocks).toBe(live.length);
          expect(heap.info.bytes).toBe(live.reduce((sum, { span }) => sum + span.bytes, 0));
          expect(memory.taken()).toBe(heap.info.reservedBytes);
          expect(heap.info.reservedBytes).toBeLessThanOrEqual(budget);
        }
      }),
      settings(300),
    );
  });

  test('a smaller budget evicts at once', () => {
    const heap = new Heap(16 * MiB, fakeMemory().take);
    let evicted = 0;
    for (let k = 0; k < 8; k++) heap.allocate(MiB, { evict: () => evicted++ });
    heap.resize(3 * MiB);
    expect([evicted, heap.info.bytes, heap.info.evictions]).toEqual([5, 3 * MiB, 5]);
    heap.resize(0);
    expect(heap.allocate(64, { evict: () => evicted++ })).toBe(undefined);
  });

  test('no room is no block', () => {
    const heap = new Heap(MiB, fakeMemory().take);
    expect(heap.allocate(2 * MiB)).toBe(undefined);
    heap.startRun();
    expect(heap.allocate(MiB / 2, { evict: () => undefined })).toBeDefined();
    // What the run uses stays.
    expect(heap.allocate(MiB, { evict: () => undefined })).toBe(undefined);
    heap.endRun();
    expect(heap.allocate(MiB, { evict: () => undefined })).toBeDefined();
  });
});
