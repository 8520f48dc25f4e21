/**
 * The GPU that evaluations run on: one device per session, opened when it is first asked for, and again after it was
 * lost. Sessions share the adapter.
 *
 * A device that is lost takes its memory along. Values that were there are noticed by `lost` (`values.ts`) and computed
 * again; the next evaluation opens another device.
 */
import type { GpuLimits } from '../../codegen/wgsl/program.ts';
import { DeviceError } from '../../ir/errors.ts';
import { inSession, perSession } from '../perSession.ts';
import { findGpu, type GpuHost } from './host.ts';
import { PipelineCache } from './pipelines.ts';
import { BufferPool, type PoolInfo } from './pool.ts';
import { ReadBack } from './readBack.ts';

/** A GPU, or what plays one, as `lz.devices()` lists it. */
export interface DeviceInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** Computes on the CPU: right, but slow. `auto` never picks it. */
  readonly isSoftware: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  /** Whether evaluations run on it. */
  readonly isOpen: boolean;
}

/** What the devices have done so far. */
export interface GpuCounters {
  /** Devices opened; more than one if some were lost. */
  readonly devices: number;
  readonly submits: number;
  readonly dispatches: number;
  readonly pipelines: number;
  readonly uploads: number;
  readonly uploadedBytes: number;
  readonly readBacks: number;
  readonly readBackBytes: number;
}

/** The limits we ask for: as much as the adapter has. */
const wantedLimits = [
  'maxStorageBuffersPerShaderStage',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

type LimitName = (typeof wantedLimits)[number];

/** More storage buffers than this in one shader do not make it faster. */
const mostStorageBuffers = 16;

export class GpuDevice {
  readonly handle: GPUDevice;
  readonly name: string;
  readonly isSoftware: boolean;
  readonly hasTimestamps: boolean;
  /** The same object for all devices with the same limits. */
  readonly codeLimits: GpuLimits;
  readonly pool: BufferPool;
  readonly pipelines: PipelineCache;
  readonly readBack: ReadBack;
  submits = 0;
  dispatches = 0;
  uploads = 0;
  uploadedBytes = 0;
  /** Why it is gone. */
  lost: string | undefined;
  /** An error that the device reported outside of every error scope; the next failure quotes it. */
  complaint: string | undefined;
  /** Settles when the device is gone. */
  readonly whenLost: Promise<string>;
  #turn: Promise<void> = Promise.resolve();

  constructor(handle: GPUDevice, info: GPUAdapterInfo, budget: number) {
    this.handle = handle;
    this.name = nameOf(info);
    this.isSoftware = isSoftware(info);
    this.hasTimestamps = handle.features.has('timestamp-query');
    const { limits } = handle;
    this.codeLimits = sharedLimits({
      workgroupSize: Math.min(256, limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
      workgroupBytes: limits.maxComputeWorkgroupStorageSize,
      storageBuffers: Math.min(mostStorageBuffers, limits.maxStorageBuffersPerShaderStage),
    });
    this.pool = new BufferPool(handle, budget);
    this.pipelines = new PipelineCache(handle);
    this.readBack = new ReadBack(handle);
    this.whenLost = handle.lost.then(({ reason, message }) => {
      this.lost = message === '' ? reason : message;
      return this.lost;
    });
    handle.addEventListener('uncapturederror', (event) => {
      if ('preventDefault' in event && typeof event.preventDefault === 'function') event.preventDefault();
      this.complaint = event.error.message;
    });
  }

  /** Runs `work` when all that was handed in before is done. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    let done = (): void => undefined;
    this.#turn = new Promise((resolve) => {
      done = resolve;
    });
    await inSession(before);
    try {
      return await inSession(work());
    } finally {
      done();
    }
  }

  /** Whether it is gone, when what was submitted so far is done or dropped: a loss is reported a little later. */
  async isLost(): Promise<boolean> {
    if (this.lost === undefined)
      try {
        await inSession(this.handle.queue.onSubmittedWorkDone());
      } catch {
        // Then it is.
      }
    return this.lost !== undefined;
  }

  /** The most bytes that one array may have here. */
  get largestArray(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.handle.limits;
    return Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / 16) * 16;
  }
}

const knownLimits = new Map<string, GpuLimits>();

function sharedLimits(limits: GpuLimits): GpuLimits {
  const key = JSON.stringify(limits);
  const known = knownLimits.get(key);
  if (known !== undefined) return known;
  knownLimits.set(key, limits);
  return limits;
}

/** What every device has: for plans that are explained before one is open. */
const leastLimits: GpuLimits = { workgroupSize: 256, workgroupBytes: 16_384, storageBuffers: 8 };

/** The limits of the open device, or those that every device has. */
export const codeLimits = (): GpuLimits => currentGpu()?.codeLimits ?? leastLimits;

const nameOf = ({ vendor, architecture, device, description }: GPUAdapterInfo): string =>
  [vendor, description === '' ? device : description, architecture].filter((part) => part !== '').join(' ');

const isSoftware = (info: GPUAdapterInfo): boolean =>
  info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(nameOf(info));

const defaultGpuBytes = 2 * 2 ** 30;

/** What devices are opened with. */
export interface GpuSettings {
  /** The most bytes of device memory in use. */
  readonly bytes: number;
  /** Limits below those of the adapter, for tests. */
  readonly limits: Readonly<Partial<Record<LimitName, number>>>;
}

let host: GpuHost | undefined;

const nothingCounted = {
  submits: 0,
  dispatches: 0,
  pipelines: 0,
  uploads: 0,
  uploadedBytes: 0,
  readBacks: 0,
  readBackBytes: 0,
};

/** The device of a session, and what it is opened with. */
class SessionGpu {
  settings: GpuSettings = { bytes: defaultGpuBytes, limits: {} };
  device: GpuDevice | undefined;
  opening: Promise<GpuDevice> | undefined;
  opened = 0;
  /** Counters of devices that are gone. */
  before = nothingCounted;

  get open(): GpuDevice | undefined {
    return this.device?.lost === undefined ? this.device : undefined;
  }
}

const gpus = perSession(() => new SessionGpu());

/** The open device, if there is one. */
export const currentGpu = (): GpuDevice | undefined => gpus.current.open;

/** Devices are opened with these settings from now on; the open one takes its budget. */
export function configureGpu(changes: Partial<GpuSettings>): void {
  const own = gpus.current;
  own.settings = { ...own.settings, ...changes };
  if (changes.bytes !== undefined && own.device !== undefined) own.device.pool.budget = changes.bytes;
}

/** The device, opened if need be. Throws a `DeviceError` that says what is missing. */
export async function openGpu(): Promise<GpuDevice> {
  const own = gpus.current;
  if (own.open !== undefined) return own.open;
  own.opening ??= openFor(own).finally(() => {
    own.opening = undefined;
  });
  return own.opening;
}

/** Resolves when everything submitted so far is done. */
export async function synchronizeGpu(): Promise<void> {
  const gpu = currentGpu();
  if (gpu === undefined) return;
  try {
    await inSession(gpu.handle.queue.onSubmittedWorkDone());
  } catch {
    // A lost device does nothing any more; reading its values reports the loss.
  }
}

async function findAdapter(powerPreference: GPUPowerPreference = 'high-performance'): Promise<GPUAdapter> {
  if (host === undefined) {
    const found = await inSession(findGpu());
    if (typeof found === 'string') throw new DeviceError('webgpu', `there is no WebGPU here: ${found}`);
    host = found;
  }
  const adapter = await inSession(host.gpu.requestAdapter({ powerPreference }));
  if (adapter === null)
    throw new DeviceError(
      'webgpu',
      'there is no GPU that WebGPU can use: a driver (Vulkan, Metal or D3D12) is missing, or an adapter for it; ' +
        "leave target at 'auto' to compute on the CPU",
    );
  return adapter;
}

async function openFor(own: SessionGpu): Promise<GpuDevice> {
  const adapter = await inSession(findAdapter());
  const requiredLimits: Record<string, number> = {};
  for (const name of wantedLimits)
    requiredLimits[name] = Math.min(adapter.limits[name], own.settings.limits[name] ?? Infinity);
  const requiredFeatures = (['timestamp-query'] as const).filter((name) => adapter.features.has(name));
  let handle: GPUDevice;
  try {
    handle = await inSession(adapter.requestDevice({ label: 'lazuli', requiredLimits, requiredFeatures }));
  } catch (error) {
    throw new DeviceError(
      'webgpu',
      `the adapter ${nameOf(adapter.info)} gives no device: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  own.opened++;
  const device = new GpuDevice(handle, adapter.info, own.settings.bytes);
  const forget = host?.onExit?.(() => {
    handle.destroy();
  });
  void device.whenLost.then(() => {
    forget?.();
    own.before = add(own.before, countersOf(device));
    if (own.device === device) own.device = undefined;
  });
  own.device = device;
  return device;
}

type Counts = typeof nothingCounted;

const countersOf = ({
  submits,
  dispatches,
  uploads,
  uploadedBytes,
  pipelines,
  readBack,
}: GpuDevice): Counts => ({
  submits,
  dispatches,
  pipelines: pipelines.built,
  uploads,
  uploadedBytes,
  readBacks: readBack.reads,
  readBackBytes: readBack.bytes,
});

const add = (a: Counts, b: Counts): Counts => ({
  submits: a.submits + b.submits,
  dispatches: a.dispatches + b.dispatches,
  pipelines: a.pipelines + b.pipelines,
  uploads: a.uploads + b.uploads,
  uploadedBytes: a.uploadedBytes + b.uploadedBytes,
  readBacks: a.readBacks + b.readBacks,
  readBackBytes: a.readBackBytes + b.readBackBytes,
});

export function gpuCounters(): GpuCounters {
  const { opened, before, device } = gpus.current;
  return { devices: opened, ...(device === undefined ? before : add(before, countersOf(device))) };
}

export const poolInfo = (): PoolInfo | undefined => currentGpu()?.pool.info;

/** The GPUs there are, the preferred one first; none where there is no WebGPU. Opens nothing. */
export async function listDevices(): Promise<readonly DeviceInfo[]> {
  const found: DeviceInfo[] = [];
  for (const preference of ['high-performance', 'low-power'] as const) {
    let adapter: GPUAdapter;
    try {
      adapter = await inSession(findAdapter(preference));
    } catch (error) {
      if (error instanceof DeviceError) return found;
      throw error;
    }
    const info = describe(adapter);
    if (
      !found.some(
        ({ vendor, architecture, description }) =>
          `${vendor}${architecture}${description}` ===
          `${info.vendor}${info.architecture}${info.description}`,
      )
    )
      found.push(info);
  }
  return found;
}

function describe({ info, features, limits }: GPUAdapter): DeviceInfo {
  const names: string[] = [];
  // They are properties of the prototype.
  for (const name in limits) names.push(name);
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    description: info.description === '' ? info.device : info.description,
    isSoftware: isSoftware(info),
    features: [...features].toSorted(),
    limits: Object.fromEntries(
      names.flatMap((name) => {
        const value: unknown = Reflect.get(limits, name);
        return typeof value === 'number' ? [[name, value] as const] : [];
      }),
    ),
    isOpen: currentGpu()?.name === nameOf(info),
  };
}

/** Closes the device; the next evaluation on a GPU opens another. Values that are only there are computed again. */
export async function closeGpu(): Promise<void> {
  const { device } = gpus.current;
  if (device === undefined) return;
  device.handle.destroy();
  await inSession(device.whenLost);
}
