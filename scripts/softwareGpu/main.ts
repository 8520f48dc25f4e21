/** `npm run --silent software-gpu -- COMMAND ARGS...`: starts a command where Dawn finds a GPU made of software. */
import { spawn } from 'node:child_process';
import { softwareGpuEnvironment } from './environment.ts';

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error('usage: npm run --silent software-gpu -- COMMAND ARGS...');
  process.exit(2);
}
const child = spawn(command, args, {
  stdio: 'inherit',
  env: { ...process.env, ...(await softwareGpuEnvironment()) },
});
child.on('error', (error) => {
  console.error(`software-gpu: ${error.message}`);
  process.exitCode = 127;
});
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
