/** Expressions over a matrix, and matrices whose sides cross the tiles, leaves and pieces of the targets. */
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';

export const noise = (length: number, dtype: 'float64' | 'float32' | 'int32'): LazyArray => {
  let state = 12345;
  const values = Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 20;
  });
  return lz.array(values).astype(dtype);
};

export const works: Readonly<Record<string, (x: LazyArray) => readonly LazyArray[]>> = {
  'sum, mean, max along axis 0': (x) => [x.sum(0), x.mean(0), x.max(0)],
  'var and std along axis 0': (x) => [x.var(0), x.std(0)],
  'z-score along axis 0': (x) => [x.sub(x.mean(0)).div(x.std(0))],
  'product and minimum along axis 0': (x) => [x.mul(1e-3).prod(0), x.min(0)],
  'any and all along axis 0': (x) => [x.greater(900).any(0), x.less(1000).all(0)],
  'argmax along axis 0 and 1': (x) => [x.argmax(0), x.argmax(1)],
  'softmax along axis 1': (x) => {
    const e = x
      .div(100)
      .sub(x.div(100).max(1, { keepdims: true }))
      .exp();
    return [e.div(e.sum(1, { keepdims: true }))];
  },
  'softmax along axis 0': (x) => {
    const e = x
      .div(100)
      .sub(x.div(100).max(0, { keepdims: true }))
      .exp();
    return [e.div(e.sum(0, { keepdims: true }))];
  },
  'layernorm and its row sums': (x) => {
    const y = x.sub(x.mean(1, { keepdims: true })).div(x.std(1, { keepdims: true }).add(1e-5));
    return [y, y.sum(1)];
  },
  'everything, and each row, of one product': (x) => {
    const y = x.mul(x).add(1);
    return [y.sum(), y.sum(1), y.sum(0), y.mean()];
  },
  'transposed and strided sums': (x) => [
    x.T.sum(0),
    x.T.sum(1),
    x.slice([null, null, 2]).sum(0),
    x.flip(0).sum(1),
    x.slice(null, [null, null, -2]).sum(),
  ],
  'sum over both axes of a broadcast sum': (x) => [
    x
      .slice(0)
      .expandDims(1)
      .add(x.slice([null], 0).expandDims(0))
      .sum(),
  ],
  'transposed operands': (x) => [
    x.T.add(1),
    x.T.mul(x.T).sub(x.T),
    x.add(x.T.reshape(x.shape)),
    x.T.greater(0),
    lz.where(x.T.greater(100), x.T, x.T.neg()),
  ],
  'axes in another order': (x) => {
    const [rows = 0, columns = 0] = x.shape;
    const cube = x.slice([0, rows - (rows % 2)]).reshape([2, Math.floor(rows / 2), columns]);
    return [
      cube.permuteDims([2, 1, 0]).add(1),
      cube.permuteDims([2, 0, 1]).mul(2),
      cube.permuteDims([1, 2, 0]).sub(cube.permuteDims([1, 2, 0]).abs()),
      cube.permuteDims([2, 1, 0]).add(cube.permuteDims([2, 1, 0]).slice(0)),
    ];
  },
  'positions along both axes, with sums beside them': (x) => [
    x.argmin(0),
    x.argmax(1),
    x.argmin(),
    x.sum(0),
    x.round().argmin(0),
  ],
};

export const shapes = [
  [1, 300],
  [300, 1],
  [7, 257],
  [129, 5],
  [136, 256],
  [300, 300],
  [1030, 3],
] as const;
