/** Prints the GPU that lazuli would use, and whether it computes; exits with 1 where there is none. */
import * as lz from '../../src/index.ts';

const [device] = await lz.devices();
if (device === undefined) {
  console.log('no adapter');
  process.exitCode = 1;
} else {
  const { vendor, architecture, description, isSoftware, features, limits } = device;
  const values = lz.asArray(Float32Array.of(1, 2, 3)).add(1);
  const right = String(await values.data({ target: 'webgpu' })) === '2,3,4';
  console.log(`${vendor} ${architecture} ${description}${isSoftware ? ', software' : ''}`);
  console.log(`features: ${features.join(' ')}`);
  for (const name of [
    'maxStorageBuffersPerShaderStage',
    'maxStorageBufferBindingSize',
    'maxBufferSize',
    'maxComputeWorkgroupStorageSize',
    'maxComputeInvocationsPerWorkgroup',
  ])
    console.log(`${name}: ${limits[name]}`);
  console.log(right ? 'adds rightly' : 'ADDS WRONGLY');
  process.exitCode = right ? 0 : 1;
}
