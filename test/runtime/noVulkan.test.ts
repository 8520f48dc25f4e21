/** On Linux without Vulkan, asking for a GPU is an error or another target, and nothing is printed on the way. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

const library = new URL('../../src/index.ts', import.meta.url).href;

/** What a program prints that looks for Vulkan in these folders. */
function run(program: string, libraries: string): { readonly out: string; readonly error: string } {
  const env = { ...process.env, LD_LIBRARY_PATH: libraries };
  const script = `import * as lz from '${library}'; ${program}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    encoding: 'utf8',
  });
  return { out: stdout, error: stderr };
}

const asked = `
  const x = lz.array([1, 2], { dtype: 'float32' });
  try { console.log(...await x.add(1).data({ target: 'webgpu' })); }
  catch (error) { console.log(error instanceof lz.DeviceError, error.message); }`;
const auto = `
  lz.configure({ threads: 1 });
  const x = lz.asArray(new Float32Array(2 ** 21).fill(1));
  console.log((await lz.tan(lz.sin(x.exp().add(x).log()).pow(x)).evaluate()).explain().toString());`;

describe.runIf(process.platform === 'linux')('without Vulkan', () => {
  test.each([
    ['asked for by name', asked],
    ['weighed by auto', auto],
  ])('a GPU %s', (_, program) => {
    const { out, error } = run(program, '');
    expect(error).not.toContain("Couldn't load Vulkan");
    // Where the system has Vulkan this shows no more than that it is used.
    if (out.includes('libvulkan')) {
      expect(error).toBe('');
      expect(out).toContain('install Vulkan');
    }
  });

  test('with it, it is found where the environment says', () => {
    const folder = process.env.LD_LIBRARY_PATH ?? '';
    expect(run(asked, folder).out).toBe('2 3\n');
  });
});
