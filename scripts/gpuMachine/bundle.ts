/**
 * `npm run gpu-bundle`: packs what lazuli needs to run on another Linux machine (x86-64) that has a GPU, but no network,
 * no Node and no npm, into `.gpu/`: Node itself, the packages that the GPU tests and benchmarks load, Vulkan's loader
 * with what NVIDIA's driver wants beside it, and `setup.sh`. Copy the repository there with `.gpu/` in it; then
 * `. .gpu/setup.sh` makes `node` run, and `bash scripts/gpuMachine/check.sh` runs everything.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const top = join(import.meta.dirname, '..', '..');
const target = join(top, '.gpu');

/** Beside the dependencies of the package itself: the GPU's API, and what the tests run with. */
const roots = ['webgpu', 'vitest', 'vite', 'fast-check'];

/** What those packages bring along that is for other machines, or is never loaded here. */
const leftOut = [
  'webgpu/dist/darwin-*',
  'webgpu/dist/win32-*',
  'webgpu/dist/linux-arm64*',
  'lightningcss-linux-*',
  '*.map',
  '*.md',
  '*.d.ts',
  '*.d.mts',
];

/** libvulkan1 is the loader; NVIDIA's driver links to the others, which a machine without a display lacks. */
const debianPackages = [
  ...['libvulkan1', 'libegl1', 'libglvnd0', 'libgl1', 'libglx0', 'libgles2', 'libopengl0'],
  ...['libx11-6', 'libxext6', 'libxcb1', 'libxau6', 'libxdmcp6', 'libbsd0', 'libmd0'],
];

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** The folder that `name` means to a module in `from`, as Node resolves it; `undefined` where it is not installed. */
function find(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
    if (folder === top) return undefined;
  }
}

/** The folders of the named packages, and of all that they depend on. */
function closure(names: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const waiting = names.map((name) => {
    const folder = find(name, top);
    if (folder === undefined) throw new Error(`${name} is not installed: npm ci`);
    return folder;
  });
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (found.has(folder)) continue;
    found.add(folder);
    const { dependencies, optionalDependencies } = manifestOf(folder);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const needed = find(name, folder);
      if (needed !== undefined) waiting.push(needed);
    }
  }
  return [...found].map((folder) => relative(top, folder)).toSorted();
}

const run = (command: string, args: readonly string[], cwd = top): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

function packNode(): void {
  const archive = join(target, 'node.xz');
  if (existsSync(archive)) return;
  const binary = join(target, 'node');
  copyFileSync(join(top, 'node_modules', 'node', 'bin', 'node'), binary);
  run('strip', [binary]);
  run('xz', ['-T0', '-6', '-f', binary]);
}

function packPackages(): void {
  const archive = join(target, 'node_modules.tar');
  const folders = closure([...Object.keys(manifestOf(top).dependencies ?? {}), ...roots]);
  rmSync(`${archive}.xz`, { force: true });
  run('tar', [...leftOut.map((pattern) => `--exclude=${pattern}`), '-cf', archive, ...folders]);
  run('xz', ['-T0', '-6', archive]);
}

/** Debian's archives, as they are: for amd64, whatever this machine is. */
function fetchLibraries(): void {
  if (readdirSync(target).some((name) => name.endsWith('.deb'))) return;
  const lists = mkdtempSync(join(tmpdir(), 'lazuli-apt-'));
  mkdirSync(join(lists, 'partial'));
  const options = [
    '-qq',
    '-oAPT::Sandbox::User=root',
    '-oAPT::Architecture=amd64',
    '-oAPT::Architectures=amd64',
    `-oDir::State::Lists=${lists}`,
  ];
  run('apt-get', [...options, 'update']);
  run('apt-get', [...options, 'download', ...debianPackages], target);
  // Names of letters only: some ways of copying stumble over the others.
  for (const name of readdirSync(target).filter((file) => file.endsWith('.deb')))
    renameSync(join(target, name), join(target, `${name.replace(/_.*/, '')}.deb`));
  rmSync(lists, { recursive: true });
}

mkdirSync(target, { recursive: true });
packNode();
packPackages();
fetchLibraries();
copyFileSync(join(import.meta.dirname, 'setup.sh'), join(target, 'setup.sh'));
const sizes = readdirSync(target).map((name) => ({ name, size: statSync(join(target, name)).size }));
for (const { name, size } of sizes) console.log(`${(size / 2 ** 20).toFixed(1).padStart(6)} MiB  ${name}`);
console.log(
  `${(sizes.reduce((sum, { size }) => sum + size, 0) / 2 ** 20).toFixed(1).padStart(6)} MiB in .gpu`,
);
