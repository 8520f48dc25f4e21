import { defineConfig } from 'vitest/config';
import { softwareGpuEnvironment } from './scripts/softwareGpu/environment.ts';

// Read by the processes that vitest starts: Dawn finds a GPU made of software in them.
Object.assign(process.env, await softwareGpuEnvironment());

const onGpu = 'test/gpu/**/*.test.ts';

export default defineConfig({
  test: {
    watch: false,
    maxWorkers: '100%',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: { name: 'core', include: ['test/**/*.test.ts'], exclude: [onGpu], pool: 'threads' },
      },
      // Processes: libraries are looked for where the environment said when a process started.
      { extends: true, test: { name: 'gpu', include: [onGpu], pool: 'forks' } },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['**/*.d.ts'],
      reporter: ['text', 'html'],
    },
  },
});
