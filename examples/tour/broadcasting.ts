// Broadcasting: arrays of different shapes meet from the last dimension on, and an axis of length one stretches.
import * as lz from '../../src/index.ts';
import { chapter, say, show, table } from './narrate.ts';

const shapeOf = (x: lz.LazyArray): string => `(${x.shape.join(', ')}${x.shape.length === 1 ? ',' : ''})`;

/** What a wrong expression says, at the line that builds it. */
const refusal = (build: () => unknown): string => {
  try {
    build();
  } catch (error) {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
    throw error;
  }
  throw new Error('This expression was expected to be refused.');
};

export const broadcasting = (): void => {
  chapter('Broadcasting');

  const table23 = lz.array([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const column = lz.array([[10], [20]]);
  const row = lz.array([[100, 200, 300]]);
  say('Shapes align from the last dimension on, and an axis of length 1 stretches to fit. A column:');
  show(table23.add(column));
  say('A row:');
  show(table23.add(row));
  say('A column and a row make a table:');
  show(column.add(row));

  const flat = lz.array([1, 2, 3]);
  const wide = lz.array([[1, 2, 3]]);
  say('Transposing needs two dimensions to do anything, so g * g.T depends on the shape of g:');
  const products = [flat.mul(flat.T), wide.mul(wide.T), flat.add(wide)];
  table(
    ['expression', 'shapes', 'result'],
    [
      ['g * g.T', [flat, flat.T].map(shapeOf).join(' '), shapeOf(flat.mul(flat.T))],
      ['g * g.T', [wide, wide.T].map(shapeOf).join(' '), shapeOf(wide.mul(wide.T))],
      ['a + b', [flat, wide].map(shapeOf).join(' '), shapeOf(flat.add(wide))],
    ],
  );
  for (const product of products.slice(0, 2)) show(product);

  say('What cannot align is refused where it is written, not where it is computed:');
  show(refusal(() => flat.add(lz.array([1, 2]))));
};
