/**
 * Matrix products by tiles: a workgroup computes a tile of the output from strips of both operands that it stages in
 * workgroup memory, 16 steps of k at a time; each invocation keeps a part of the tile in registers.
 *
 * Operands are staged as vectors across the strip, so that a step of the inner loop is a few vector loads and an outer
 * product. An invocation moves blocks of 4 by 4 elements; where memory runs along k the block is transposed in
 * registers. The next strip is on its way while one is worked on. Tiles are taken in bands of eight rows of tiles, so
 * that what runs at the same time shares operands in the cache. (V. Volkov, J. Demmel: Benchmarking GPUs to tune dense
 * linear algebra, SC'08; CUTLASS.)
 *
 * A sum runs along k in sequence: its error is at most k u times the sum of magnitudes.
 */
import type { DType } from '../../ir/dtype.ts';
import { dtypeOfBuffer, type RoutineCall } from '../../ir/kernel.ts';
import { block, type Code } from '../text/source.ts';
import { bufferType, isPacked, loadElement, storeElement } from './access.ts';
import type { Shader } from './program.ts';
import { registerOf, typeOf } from './registers.ts';
import { ShaderWriter } from './shader.ts';

/** A workgroup is a square of `side` by `side` invocations. */
const side = 16;
/** Steps of k in a strip. */
const depth = 16;
/** Rows of tiles in a band. */
const band = 8;

export interface TileSize {
  readonly rows: number;
  readonly columns: number;
  /** Workgroup memory for both strips. */
  readonly bytes: number;
}
const square = (size: number): TileSize => ({ rows: size, columns: size, bytes: 2 * size * depth * 4 });
export const tileSizes = { large: square(128), small: square(64) } as const;

/** The run-time integers of a product by name. */
export interface Sizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batches: readonly { readonly extent: number; readonly a: number; readonly b: number }[];
  readonly a: OperandSizes;
  readonly b: OperandSizes;
}
export interface OperandSizes {
  readonly offset: number;
  readonly row: number;
  readonly column: number;
}

export interface Formats {
  readonly a: OperandFormat;
  readonly b: OperandFormat;
  readonly out: 'vector' | 'single';
}

/** How the elements of an operand lie: `alongK` and `alongOuter` come four at a time. */
export type OperandFormat = 'alongK' | 'alongOuter' | 'single';

/** The outer axis is that of rows for `a`, of columns for `b`. */
export function operandFormat(dtype: DType, sizes: Sizes, name: 'a' | 'b'): OperandFormat {
  const { offset, row, column } = sizes[name];
  const [alongK, alongOuter] = name === 'a' ? [column, row] : [row, column];
  const outer = name === 'a' ? sizes.m : sizes.n;
  const aligned =
    !isPacked(dtype) &&
    offset % 4 === 0 &&
    sizes.batches.every((batch) => batch.extent <= 1 || batch[name] % 4 === 0);
  if (aligned && alongOuter === 1 && alongK % 4 === 0 && outer % 4 === 0) return 'alongOuter';
  if (aligned && alongK === 1 && alongOuter % 4 === 0 && sizes.k % 4 === 0) return 'alongK';
  return 'single';
}

export function tileShader(kernel: RoutineCall, tile: TileSize, formats: Formats): Shader {
  const { batchAxes } = kernel;
  const dtype = dtypeOfBuffer(kernel, 2);
  const writer = new ShaderWriter();
  const register = registerOf(dtype);
  const vector = typeOf(register, 4);
  const at = 3 + 3 * batchAxes;
  const operands = [
    {
      name: 'a',
      letter: 'A',
      format: formats.a,
      size: tile.rows,
      outer: 'numbers.p0',
      row: at + 1,
      column: at + 2,
    },
    {
      name: 'b',
      letter: 'B',
      format: formats.b,
      size: tile.columns,
      outer: 'numbers.p1',
      row: at + 5,
      column: at + 4,
    },
  ] as const;
  writer.declare('Block', `struct Block { x: ${vector}, y: ${vector}, z: ${vector}, w: ${vector} }`);
  operands.forEach(({ name, letter, format, size, outer, row, column }, k) => {
    const form = format === 'single' ? 'scalar' : 'vector';
    writer.bind(name, bufferType(dtype, form), { kind: 'buffer', buffer: k, writes: false });
    writer.declare(
      `strip${letter}`,
      `var<workgroup> strip${letter}: array<${vector}, ${(size / 4) * depth}>;`,
    );
    writer.declare(
      `block${letter}`,
      blockFunction({
        name,
        letter,
        format,
        outer,
        row: `numbers.p${row}`,
        column: `numbers.p${column}`,
        dtype,
        writer,
      }),
    );
  });
  const out = isPacked(dtype) ? 'atomic' : formats.out === 'vector' ? 'vector' : 'scalar';
  writer.bind('out', bufferType(dtype, out), { kind: 'buffer', buffer: 2, writes: true });
  const zero = `${vector}()`;
  const parts = (size: number): readonly number[] => Array.from({ length: size / side / 4 }, (_, k) => k);
  const [down, right] = [parts(tile.rows), parts(tile.columns)];
  const lanes = ['x', 'y', 'z', 'w'] as const;
  const sum = (part: number, lane: string, c: number): string => `s${part}${lane}${c}`;
  const sums = down.flatMap((part) => lanes.flatMap((lane) => right.map((c) => ({ part, lane, c }))));
  const blocks = (tile.rows / 4) * (depth / 4);
  const fetch = (k: string): Code => [
    ...block(`if (local < ${blocks}u)`, [`fetched = blockA(topRow + outer, ${k} + step, baseA);`]),
    ...block(`else if (local < ${2 * blocks}u)`, [
      `fetched = blockB(leftColumn + outer, ${k} + step, baseB);`,
    ]),
  ];
  const keep = (letter: string, size: number): Code =>
    lanes.map((lane, k) => `strip${letter}[(step + ${k}) * ${size / 4} + outer / 4] = fetched.${lane};`);
  const code: Code = [
    ...block('if (group >= numbers.groups)', ['return;']),
    ...tilePosition(tile),
    ...batchBases(batchAxes),
    `let x = i32(local) % ${side};`,
    `let y = i32(local) / ${side};`,
    ...placeOfBlock(blocks, operands),
    ...sums.map((s) => `var ${sum(s.part, s.lane, s.c)} = ${zero};`),
    'var fetched: Block;',
    // The first iteration only fetches, so the code for fetching, the larger part of the text, occurs once.
    ...block(`for (var k = -${depth}; k < numbers.p2; k += ${depth})`, [
      ...block(`if (k + ${depth} < numbers.p2)`, fetch(`k + ${depth}`)),
      ...block(
        'if (k >= 0)',
        block(`for (var j = 0; j < ${depth}; j++)`, [
          ...down.map((part) => `let a${part} = stripA[j * ${tile.rows / 4} + ${part * side} + y];`),
          ...right.map((part) => `let b${part} = stripB[j * ${tile.columns / 4} + ${part * side} + x];`),
          ...sums.map(({ part, lane, c }) => {
            const name = sum(part, lane, c);
            return register === 'f32'
              ? `${name} = fma(${vector}(a${part}.${lane}), b${c}, ${name});`
              : `${name} += a${part}.${lane} * b${c};`;
          }),
        ]),
      ),
      'workgroupBarrier();',
      ...block(`if (local < ${blocks}u)`, keep('A', tile.rows)),
      ...block(`else if (local < ${2 * blocks}u)`, keep('B', tile.columns)),
      'workgroupBarrier();',
    ]),
    ...sums.flatMap(({ part, lane, c }) =>
      storeFour(dtype, out, {
        row: `topRow + ${part * side * 4} + y * 4 + ${lanes.indexOf(lane)}`,
        column: `leftColumn + ${c * side * 4} + x * 4`,
        value: sum(part, lane, c),
      }),
    ),
  ];
  return writer.finish(
    side * side,
    { integers: kernel.integers, added: ['down', 'right', 'groups'], scalars: kernel.scalars },
    code,
    `tiles of ${tile.rows} x ${tile.columns}`,
  );
}

/** Row and column where the tile of this workgroup begins, and the matrix it belongs to. */
const tilePosition = (tile: TileSize): Code => [
  'let tiles = numbers.down * numbers.right;',
  'let batch = group / tiles;',
  'let tile = group % tiles;',
  `let top = tile / (${band}u * numbers.right) * ${band}u;`,
  `let height = min(${band}u, numbers.down - top);`,
  'let inBand = tile - top * numbers.right;',
  `let topRow = i32(top + inBand % height) * ${tile.rows};`,
  `let leftColumn = i32(inBand / height) * ${tile.columns};`,
];

/** Where the operands and the output of this batch begin. */
function batchBases(batchAxes: number): Code {
  const at = 3 + 3 * batchAxes;
  const code = [`var baseA = numbers.p${at};`, `var baseB = numbers.p${at + 3};`, 'var rest = i32(batch);'];
  for (let axis = batchAxes - 1; axis >= 0; axis--) {
    const extent = `numbers.p${3 + 3 * axis}`;
    code.push(
      `baseA += (rest % ${extent}) * numbers.p${4 + 3 * axis};`,
      `baseB += (rest % ${extent}) * numbers.p${5 + 3 * axis};`,
      `rest /= ${extent};`,
    );
  }
  return batchAxes === 0 ? code.slice(0, 2) : code;
}

/** Which block of its strip an invocation moves; neighbours move blocks that are neighbours in memory. */
function placeOfBlock(
  blocks: number,
  operands: readonly { readonly format: OperandFormat; readonly size: number }[],
): Code {
  const [a, b] = operands.map(({ format, size }) =>
    format === 'alongK'
      ? { outer: `moved / ${depth / 4}`, step: `moved % ${depth / 4}` }
      : { outer: `moved % ${size / 4}`, step: `moved / ${size / 4}` },
  );
  return [
    `let moved = i32(local) % ${blocks};`,
    `let first = local < ${blocks}u;`,
    `let outer = select(${b?.outer ?? '0'}, ${a?.outer ?? '0'}, first) * 4;`,
    `let step = select(${b?.step ?? '0'}, ${a?.step ?? '0'}, first) * 4;`,
  ];
}

interface BlockPlan {
  readonly name: string;
  readonly letter: string;
  readonly format: OperandFormat;
  /** Extent of the outer axis, strides along it and along k. */
  readonly outer: string;
  readonly row: string;
  readonly column: string;
  readonly dtype: DType;
  readonly writer: ShaderWriter;
}

/** A function that loads 4 x 4 elements, each vector across the strip; 0 beyond the edges. */
function blockFunction(plan: BlockPlan): string {
  const { name, letter, format, outer, row, column, dtype, writer } = plan;
  const vector = typeOf(registerOf(dtype), 4);
  const lanes = ['x', 'y', 'z', 'w'] as const;
  const lines: string[] = [
    `fn block${letter}(outer: i32, k: i32, base: i32) -> Block {`,
    '  var found: Block;',
  ];
  const from = `base + outer * ${row} + k * ${column}`;
  if (format === 'alongOuter') {
    lines.push(`  if (outer >= ${outer}) { return found; }`);
    lanes.forEach((lane, k) =>
      lines.push(
        `  if (k + ${k} < numbers.p2) { found.${lane} = ${name}[(${from} + ${k} * ${column}) >> 2u]; }`,
      ),
    );
    lines.push('  return found;', '}');
  } else if (format === 'alongK') {
    lines.push('  if (k >= numbers.p2) { return found; }');
    lanes.forEach((lane, k) =>
      lines.push(
        `  if (outer + ${k} < ${outer}) { found.${lane} = ${name}[(${from} + ${k} * ${row}) >> 2u]; }`,
      ),
    );
    const across = lanes.map(
      (lane) => `${vector}(${lanes.map((other) => `found.${other}.${lane}`).join(', ')})`,
    );
    lines.push(`  return Block(${across.join(', ')});`, '}');
  } else {
    // Written out: a vector indexed at run time would leave the registers.
    for (const [i, across] of lanes.entries()) {
      lines.push(`  if (outer + ${i} < ${outer}) {`);
      for (const [j, lane] of lanes.entries())
        lines.push(
          `    if (k + ${j} < numbers.p2) {`,
          `      let at = ${from} + ${i} * ${row} + ${j} * ${column};`,
          `      found.${lane}.${across} = ${loadElement(name, dtype, 'scalar', 'at', writer)};`,
          '    }',
        );
      lines.push('  }');
    }
    lines.push('  return found;', '}');
  }
  return lines.join('\n');
}

/** Stores a vector of sums, as far as it lies in the matrix. */
function storeFour(
  dtype: DType,
  form: 'vector' | 'scalar' | 'atomic',
  { row, column, value }: { readonly row: string; readonly column: string; readonly value: string },
): Code {
  const head = [`let row = ${row};`, `let column = ${column};`];
  const place = 'let at = (i32(batch) * numbers.p0 + row) * numbers.p1 + column;';
  if (form === 'vector')
    return block('', [
      ...head,
      ...block('if (row < numbers.p0 && column < numbers.p1)', [place, `out[at >> 2u] = ${value};`]),
    ]);
  return block('', [
    ...head,
    ...block('if (row < numbers.p0)', [
      place,
      ...[0, 1, 2, 3].flatMap((lane) =>
        block(`if (column + ${lane} < numbers.p1)`, [
          `let to = at + ${lane};`,
          ...storeElement('out', dtype, 'to', `${value}[${lane}]`),
        ]),
      ),
    ]),
  ]);
}
