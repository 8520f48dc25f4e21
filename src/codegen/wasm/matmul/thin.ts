/**
 * Matrix products with only a few rows or columns (matrix times vector): packing would cost more than the product.
 *
 * The *wide* operand is read once, where it lies; the thin one supplies the common factor. Lanes are rows (or
 * columns) of the wide operand:
 *
 * - Where those are adjacent in memory, four steps of k at a time are added to partial sums in scratch memory, so
 *   that memory is read in long runs.
 * - Otherwise a tile of them keeps its sums in registers; vectors along k are transposed into lanes.
 * - A handful of rows is summed one element at a time.
 */
import { contractBlock } from '../../../ir/routines/matmul.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32 } from '../assembler/operands.ts';
import type { ModuleContext } from '../module/context.ts';
import type { Lanes } from './lanes.ts';
import { add, at, forBelow, functionOf, minimum, multiply, range, subtract, whileLeft } from './loops.ts';
import { rowGroups, rowStarts } from './panels.ts';
import { deliver } from './tile.ts';

/** Vectors of a tile of rows. */
const tileVectors = 4;
/** Partial sums that stay in scratch memory. */
const chunk = 1024;
/** Steps of k that are added to them at a time. */
const streams = 4;

/** Rows of a tile. */
export const thinRows = (lanes: Lanes): number => tileVectors * lanes.count;

export const thinScratchBytes = (lanes: Lanes): number => chunk * lanes.bytes;

const parameters = [
  'scratch',
  'wide',
  'across',
  'along',
  'extent',
  'thin',
  'thinAcross',
  'thinAlong',
  'thinExtent',
  'out',
  'outAcross',
  'outThinAcross',
  'depth',
] as const;

/** The whole product; all strides are in bytes. */
export function thinProduct(lanes: Lanes, module: ModuleContext): FunctionBuilder {
  const [f, plan] = functionOf('thinProduct', parameters);
  const operands = parameters.map((name) => plan[name]);
  const way = (name: string, build: (lanes: Lanes, module: ModuleContext) => FunctionBuilder) => (): void => {
    f.call(
      module.helper(name, () => build(lanes, module)),
      operands,
    );
  };
  f.if(f.op('i32.lt_s', plan.extent, i32(2 * lanes.count)), way('thinByElements', byElements), () => {
    f.if(
      f.op('i32.eq', plan.across, i32(lanes.elementBytes)),
      way('thinByStreams', byStreams),
      way('thinByTiles', byTiles),
    );
  });
  return f;
}

function byElements(lanes: Lanes): FunctionBuilder {
  const [f, plan] = functionOf('thinByElements', parameters);
  forBelow(f, 'i', plan.extent, 1, (i) => {
    forBelow(f, 't', plan.thinExtent, 1, (t) => {
      const to = add(f, at(f, plan.out, i, plan.outAcross), multiply(f, t, plan.outThinAcross));
      const x = f.variable('i32', at(f, plan.wide, i, plan.across), 'x');
      const y = f.variable('i32', at(f, plan.thin, t, plan.thinAcross), 'y');
      forBelow(f, 'k0', plan.depth, contractBlock, (k0) => {
        const left = f.variable('i32', minimum(f, subtract(f, plan.depth, k0), i32(contractBlock)), 'left');
        const sum = f.variable(lanes.scalarType, lanes.scalarZero, 'sum');
        whileLeft(f, left, 1, () => {
          const product = lanes.scalarMultiply(f, lanes.loadElement(f, x), lanes.loadElement(f, y));
          f.set(sum, lanes.scalarAdd(f, sum, product));
          f.update(x, 'i32.add', plan.along);
          f.update(y, 'i32.add', plan.thinAlong);
        });
        f.if(k0, () => {
          f.set(sum, lanes.scalarAdd(f, lanes.loadElement(f, to), sum));
        });
        lanes.storeElement(f, to, sum);
      });
    });
  });
  return f;
}

function byStreams(lanes: Lanes, module: ModuleContext): FunctionBuilder {
  const [f, plan] = functionOf('thinByStreams', parameters);
  const accumulate = module.helper('accumulate', () => accumulateStreams(lanes, streams));
  const accumulateOne = module.helper('accumulateOne', () => accumulateStreams(lanes, 1));
  forBelow(f, 'w', plan.extent, chunk, (w) => {
    const count = minimum(f, subtract(f, plan.extent, w), i32(chunk));
    forBelow(f, 'k0', plan.depth, contractBlock, (k0) => {
      const length = minimum(f, subtract(f, plan.depth, k0), i32(contractBlock));
      forBelow(f, 't', plan.thinExtent, 1, (t) => {
        const x = f.variable(
          'i32',
          add(f, at(f, plan.wide, w, plan.across), multiply(f, k0, plan.along)),
          'x',
        );
        const y = f.variable(
          'i32',
          add(f, at(f, plan.thin, t, plan.thinAcross), multiply(f, k0, plan.thinAlong)),
          'y',
        );
        const left = f.variable('i32', length, 'left');
        const first = f.variable('i32', i32(1), 'first');
        const steps = (name: string, step: number) => (): void => {
          f.call(name, [plan.scratch, x, plan.along, count, y, plan.thinAlong, first]);
          f.set(first, i32(0));
          f.set(x, at(f, x, i32(step), plan.along));
          f.set(y, at(f, y, i32(step), plan.thinAlong));
        };
        whileLeft(f, left, streams, steps(accumulate, streams));
        whileLeft(f, left, 1, steps(accumulateOne, 1));
        f.call(
          module.helper('deliver', () => deliver(lanes)),
          [
            plan.scratch,
            i32(0),
            add(f, at(f, plan.out, w, plan.outAcross), multiply(f, t, plan.outThinAcross)),
            i32(1),
            i32(0),
            count,
            plan.outAcross,
            f.op('i32.eqz', k0),
          ],
        );
      });
    });
  });
  return f;
}

/** Adds `streams` steps of k to `count` partial sums, which start from zero if this is the `first` time. */
function accumulateStreams(lanes: Lanes, steps: number): FunctionBuilder {
  const [f, { sums, wide, along, count, thin, thinAlong, first }] = functionOf(
    steps === 1 ? 'accumulateOne' : 'accumulate',
    ['sums', 'wide', 'along', 'count', 'thin', 'thinAlong', 'first'],
  );
  const factors = range(steps).map((s) => lanes.splatElement(f, at(f, thin, i32(s), thinAlong)));
  const starts = range(steps).map((s) => at(f, wide, i32(s), along));
  const pass = (fresh: boolean): void => {
    const left = f.variable('i32', count, 'left');
    const to = f.variable('i32', sums, 'to');
    const x = f.variable('i32', i32(0), 'x');
    const ahead = (vectors: number) => (): void => {
      const addresses = starts.map((start) => add(f, start, x));
      for (let v = 0; v < vectors; v++) {
        let sum = fresh ? lanes.zero(f) : f.load('v128.load', to, 16 * v);
        addresses.forEach((address, s) => {
          const factor = factors[s];
          if (factor === undefined) return;
          sum = lanes.add(f, sum, lanes.multiply(f, lanes.loadElements(f, address, v), factor));
        });
        f.store('v128.store', to, sum, 16 * v);
      }
      f.update(x, 'i32.add', i32(vectors * lanes.count * lanes.elementBytes));
      f.update(to, 'i32.add', i32(16 * vectors));
    };
    whileLeft(f, left, 2 * lanes.count, ahead(2));
    whileLeft(f, left, lanes.count, ahead(1), 1);
  };
  f.if(
    first,
    () => {
      pass(true);
    },
    () => {
      pass(false);
    },
  );
  return f;
}

function byTiles(lanes: Lanes, module: ModuleContext): FunctionBuilder {
  const [f, plan] = functionOf('thinByTiles', parameters);
  const rows = thinRows(lanes);
  const sumRows = module.helper('sumRows', () => sumTile(lanes));
  const last = subtract(f, plan.extent, i32(1));
  forBelow(f, 'w', plan.extent, rows, (w) => {
    const from = at(f, plan.wide, w, plan.across);
    const count = minimum(f, subtract(f, last, w), i32(rows - 1));
    forBelow(f, 'k0', plan.depth, contractBlock, (k0) => {
      const length = minimum(f, subtract(f, plan.depth, k0), i32(contractBlock));
      forBelow(f, 't', plan.thinExtent, 1, (t) => {
        f.call(sumRows, [
          plan.scratch,
          at(f, from, k0, plan.along),
          plan.across,
          plan.along,
          count,
          add(f, at(f, plan.thin, t, plan.thinAcross), multiply(f, k0, plan.thinAlong)),
          plan.thinAlong,
          length,
        ]);
        f.call(
          module.helper('deliver', () => deliver(lanes)),
          [
            plan.scratch,
            i32(0),
            add(f, at(f, plan.out, w, plan.outAcross), multiply(f, t, plan.outThinAcross)),
            i32(1),
            i32(0),
            add(f, count, i32(1)),
            plan.outAcross,
            f.op('i32.eqz', k0),
          ],
        );
      });
    });
  });
  return f;
}

/** The sums of a tile of rows with one common factor per step; rows after `last` repeat it. */
function sumTile(lanes: Lanes): FunctionBuilder {
  const [f, { sums, wide, across, along, last, thin, thinAlong, length }] = functionOf('sumRows', [
    'sums',
    'wide',
    'across',
    'along',
    'last',
    'thin',
    'thinAlong',
    'length',
  ]);
  const groups = rowGroups(lanes, rowStarts(f, across, last, thinRows(lanes)));
  const zero = lanes.zero(f);
  const totals = groups.map((_, v) => f.variable('v128', zero, `s${v}`));
  const x = f.variable('i32', wide, 'x');
  const y = f.variable('i32', thin, 'y');
  const left = f.variable('i32', length, 'left');
  if (!lanes.widened)
    f.if(f.op('i32.eq', along, i32(lanes.bytes)), () => {
      for (const vectors of [2, 1])
        whileLeft(f, left, vectors * lanes.count, () => {
          for (let k = 0; k < vectors; k++) {
            const factors = range(lanes.count).map((c) =>
              lanes.splat(f, at(f, y, i32(k * lanes.count + c), thinAlong)),
            );
            groups.forEach((group, v) => {
              const columns = lanes.transpose(
                f,
                group.map((start) => f.load('v128.load', add(f, x, start), 16 * k)),
              );
              columns.forEach((column, c) => {
                const [total, factor] = [totals[v], factors[c]];
                if (total === undefined || factor === undefined) return;
                f.set(total, lanes.add(f, total, lanes.multiply(f, column, factor)));
              });
            });
          }
          f.update(x, 'i32.add', i32(vectors * 16));
          f.set(y, at(f, y, i32(vectors * lanes.count), thinAlong));
        });
    });
  whileLeft(f, left, 1, () => {
    const factor = lanes.splatElement(f, y);
    groups.forEach((group, v) => {
      const total = totals[v];
      if (total === undefined) return;
      const column = lanes.gather(
        f,
        group.map((start) => add(f, x, start)),
      );
      f.set(total, lanes.add(f, total, lanes.multiply(f, column, factor)));
    });
    f.update(x, 'i32.add', along);
    f.update(y, 'i32.add', thinAlong);
  });
  totals.forEach((total, v) => {
    f.store('v128.store', sums, total, 16 * v);
  });
  return f;
}
