// The tour of lazuli: what it does, told in nine chapters that compute everything they print. Each chapter is a
// file of ./tour; what goes wrong stops the tour with an exit code that is not 0.
import { airports } from './tour/airports.ts';
import { broadcasting } from './tour/broadcasting.ts';
import { chart } from './tour/chart.ts';
import { flights } from './tour/flights.ts';
import { gpu } from './tour/gpu.ts';
import { loops } from './tour/loops.ts';
import { memo } from './tour/memo.ts';
import { title } from './tour/narrate.ts';
import { sines } from './tour/sines.ts';
import { targets } from './tour/targets.ts';

title(
  'lazuli',
  'Arrays that wait. An expression computes nothing until it is read; then all of it becomes as few loops as possible.',
);
broadcasting();
const timings = [...loops(), ...sines(), ...targets(), ...memo(), ...(await airports())];
await gpu();
await flights();
await chart(timings);
