// The chart: every timing of the tour as a bar on a logarithmic scale, drawn by Vega-Lite as SVG.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { duration } from './figures.ts';
import { chapter, say, show } from './narrate.ts';
import type { Timing } from './stopwatch.ts';

/** Grey for the loops, and for lazuli the blue of its stone. */
const colours: Readonly<Record<Timing['by'], string>> = {
  plain: '#9a9a94',
  first: '#a9bfdd',
  lazuli: '#26619c',
};

/** From the power of ten below the shortest time to the one above the longest: a logarithmic scale has no zero. */
const powersOfTen = (microseconds: readonly number[]): readonly number[] => {
  const lowest = Math.floor(Math.log10(Math.min(...microseconds)));
  const highest = Math.ceil(Math.log10(Math.max(...microseconds)));
  return Array.from({ length: highest - lowest + 1 }, (_, step) => 10 ** (lowest + step));
};

type Panels = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'];

/** One task: a bar for each way of doing it, with its time beside it. Only the lowest panel labels the scale. */
const panel = (
  task: string,
  timings: readonly Timing[],
  ticks: readonly number[],
  isLast: boolean,
): Panels[number] => ({
  title: { text: task, anchor: 'start', frame: 'group', fontSize: 11, offset: 4 },
  data: { values: timings.map((timing) => ({ ...timing, label: duration(timing.microseconds) })) },
  width: 520,
  height: { step: 18 },
  encoding: {
    y: {
      field: 'way',
      type: 'nominal',
      sort: null,
      title: null,
      axis: { domain: false, ticks: false, labelPadding: 6, minExtent: 120 },
    },
    x: {
      field: 'microseconds',
      type: 'quantitative',
      scale: { type: 'log', domain: [ticks[0] ?? 1, ticks.at(-1) ?? 1] },
      title: null,
      axis: {
        values: [...ticks],
        labels: isLast,
        labelExpr: `{${ticks.map((tick) => `'${tick}': '${duration(tick)}'`).join(', ')}}[datum.value]`,
        domain: false,
        ticks: false,
        gridColor: '#e4e4e0',
      },
    },
  },
  layer: [
    {
      mark: { type: 'bar', cornerRadiusEnd: 2 },
      encoding: {
        x2: { datum: ticks[0] ?? 1 },
        color: {
          field: 'by',
          type: 'nominal',
          scale: { domain: Object.keys(colours), range: Object.values(colours) },
          legend: null,
        },
      },
    },
    {
      mark: { type: 'text', align: 'left', dx: 5, color: '#444' },
      encoding: { text: { field: 'label', type: 'nominal' } },
    },
  ],
});

const specification = (timings: readonly Timing[]): TopLevelSpec => {
  const ticks = powersOfTen(timings.map(({ microseconds }) => microseconds));
  const tasks = [...Map.groupBy(timings, ({ task }) => task)];
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: 'lazuli and plain JavaScript',
      subtitle: 'Time of one call, logarithmic scale. Shorter is better.',
      anchor: 'start',
      offset: 14,
    },
    background: 'white',
    padding: 16,
    spacing: 12,
    vconcat: tasks.map(([task, bars], index) => panel(task, bars, ticks, index === tasks.length - 1)),
    config: { view: { stroke: null }, font: 'Helvetica, Arial, sans-serif' },
  };
};

export const chart = async (timings: readonly Timing[]): Promise<void> => {
  chapter('The timings as a picture');
  const file = new URL('../output/tour.svg', import.meta.url);
  const view = new View(parse(compile(specification(timings)).spec), { renderer: 'none' });
  await mkdir(new URL('.', file), { recursive: true });
  await writeFile(file, await view.toSVG());
  view.finalize();
  say('Every timing of this tour, on a logarithmic scale:');
  show(fileURLToPath(file));
};
