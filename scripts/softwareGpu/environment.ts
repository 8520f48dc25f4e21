/**
 * Where Dawn finds a GPU made of software: SwiftShader's Vulkan driver, from the npm package `@sparticuz/chromium`.
 *
 * The package holds it packed, for Linux. It is unpacked once into `node_modules/.cache`. Dynamic libraries are looked
 * for where `LD_LIBRARY_PATH` pointed when a process *started*, so these variables are for processes yet to be started.
 */
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';

const driverFile = 'vk_swiftshader_icd.json';

/** The folder of the installed package, and its version. */
function packageOf(name: string): { readonly folder: string; readonly version: string } {
  // Its exports hide package.json: go up from the entry.
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return { folder, version };
}

/** The folder with the unpacked driver. */
async function unpacked(): Promise<string> {
  const { folder, version } = packageOf('@sparticuz/chromium');
  const cache = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'lazuli');
  const target = join(cache, `swiftshader-${version}`);
  if (existsSync(join(target, driverFile))) return target;
  mkdirSync(cache, { recursive: true });
  // On demand: machines with a GPU of their own need not have it.
  const { extract } = await import('tar-fs');
  // Several processes may do this at once: the first to be ready wins.
  const mine = mkdtempSync(join(cache, 'unpacking-'));
  await pipeline(
    createReadStream(join(folder, 'bin', 'swiftshader.tar.br')),
    createBrotliDecompress(),
    extract(mine),
  );
  try {
    renameSync(mine, target);
  } catch {
    rmSync(mine, { recursive: true, force: true });
  }
  return target;
}

/**
 * The variables that make Dawn use SwiftShader; none where there is no such driver (the system's GPU is used then), and
 * none where `LAZULI_GPU=native` asks for the machine's own.
 */
export async function softwareGpuEnvironment(): Promise<Readonly<Record<string, string>>> {
  if (process.platform !== 'linux' || process.arch !== 'x64' || process.env['LAZULI_GPU'] === 'native')
    return {};
  const folder = await unpacked();
  const before = process.env['LD_LIBRARY_PATH'];
  return {
    LD_LIBRARY_PATH: before === undefined || before === '' ? folder : `${folder}:${before}`,
    VK_ICD_FILENAMES: join(folder, driverFile),
    VK_DRIVER_FILES: join(folder, driverFile),
  };
}
