/** The library in a browser: its sources as they are, WebGPU from `navigator.gpu`. */
import { beforeAll, describe, expect, test } from 'vitest';
import { findBrowser, runInBrowser } from './browser.ts';
import { expressions, float64Words, type Report } from './page.ts';

const browser = await findBrowser();

describe.skipIf(browser === undefined)('in a browser', () => {
  let said: Report;
  beforeAll(async () => {
    said = (await runInBrowser(browser ?? '', '/test/gpu/browser/page.ts', 'report', 100_000)) as Report;
  });

  test('the GPU is that of the page', () => {
    expect(said.devices.length).toBeGreaterThan(0);
    expect(said.devices[0]?.isSoftware).toBe(true);
    expect(said.plan).toMatch(/runs on .*swiftshader/i);
    expect(said.targets).toEqual(['js', 'wasm', 'webgpu', 'reference']);
  });

  test.each(Object.keys(expressions()))('%s: as on the CPU', (name) => {
    const [gpu = [], cpu = []] = said.values[name] ?? [];
    expect(gpu.length).toBeGreaterThan(0);
    expect(gpu.length).toBe(cpu.length);
    gpu.forEach((value, i) => {
      expect(Math.abs(value - (cpu[i] ?? NaN))).toBeLessThanOrEqual(1e-5 + 1e-5 * Math.abs(cpu[i] ?? NaN));
    });
  });

  test('the CPU gives the bits that it gives in Node', () => {
    expect(said.words).toEqual(float64Words());
    for (const [name, expression] of Object.entries(expressions()))
      expect(said.values[name]?.[1]).toEqual(Array.from(expression.dataSync(), Number));
  });

  test('a dtype that GPUs lack is a typed error', () => {
    expect(said.error).toMatch(/^DTypeError: .*astype\('float32'\)/);
  });

  test('buffers of the user, and a device that was lost', () => {
    expect(said.buffer).toEqual([2, 4, 6, 8]);
    expect(said.afterLoss).toEqual([3, 3, 3]);
  });
});
