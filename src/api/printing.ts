/**
 * Arrays as text, exactly as NumPy prints them (numpy/core/arrayprint.py, 1.24, default options): all elements in one
 * width, lines of 75 columns; of arrays with more than 1000 elements only the ends of each axis.
 */
import { isFloat, kindOf, type DType, type Scalar, type TypedArray } from '../ir/dtype.ts';
import { sizeOf, type Shape } from '../ir/shape.ts';
import { floatFormat, printFloat } from './floatFormat.ts';

const LINE_WIDTH = 75;
const SUMMARY_THRESHOLD = 1000;
const EDGE_ITEMS = 3;

/** One element as text, padded to the width of its array. */
type Format = (value: Scalar) => string;

export function printArray(values: TypedArray, dtype: DType, shape: Shape): string {
  const element = (flat: number): Scalar => values[flat] ?? 0;
  if (shape.length === 0) return printScalar(element(0), dtype);
  if (sizeOf(shape) === 0) return '[]';
  const summarized = sizeOf(shape) > SUMMARY_THRESHOLD;
  const positions = visiblePositions(shape, summarized);
  const format = formatFor(positions.map(element), dtype);
  return printAxes(shape, summarized, (flat) => format(element(flat)));
}

/** A single value, as Python prints it. */
function printScalar(value: Scalar, dtype: DType): string {
  if (dtype === 'bool') return value === 1 ? 'True' : 'False';
  return isFloat(dtype) ? printFloat(Number(value), dtype) : String(value);
}

function formatFor(visible: readonly Scalar[], dtype: DType): Format {
  if (kindOf(dtype) === 'bool') return (value) => (value === 1 ? ' True' : 'False');
  if (isFloat(dtype)) {
    const format = floatFormat(visible.map(Number), dtype);
    return (value) => format(Number(value));
  }
  const width = visible.reduce<number>((widest, value) => Math.max(widest, String(value).length), 0);
  return (value) => String(value).padStart(width);
}

/** The flat positions of the printed elements: only they determine the width. */
function visiblePositions(shape: Shape, summarized: boolean): readonly number[] {
  let positions: readonly number[] = [0];
  for (const size of shape) {
    const indices = Array.from({ length: size }, (_, i) => i);
    const kept =
      summarized && size > 2 * EDGE_ITEMS
        ? indices.filter((i) => i < EDGE_ITEMS || i >= size - EDGE_ITEMS)
        : indices;
    positions = positions.flatMap((base) => kept.map((i) => base * size + i));
  }
  return positions;
}

/** Brackets, indents, line breaks. `word` prints the element at a flat position. */
function printAxes(shape: Shape, summarized: boolean, word: (flat: number) => string): string {
  const axes = (axis: number, base: number, width: number): string => {
    const size = shape[axis] ?? 1;
    const indent = ' '.repeat(axis + 1);
    const [head, tail] = summarized && size > 2 * EDGE_ITEMS ? [EDGE_ITEMS, EDGE_ITEMS] : [0, size];
    const items = Array.from(
      { length: head + tail },
      (_, k) => base * size + (k < head ? k : size - tail + k - head),
    );
    const innermost = axis === shape.length - 1;
    const words = items.map((flat) => (innermost ? word(flat) : axes(axis + 1, flat, width - 1)));
    if (head > 0) words.splice(head, 0, '...');
    const body = innermost
      ? wrap(words, indent, width - 1)
      : words.map((text) => indent + text).join('\n'.repeat(shape.length - axis - 1));
    return `[${body.slice(indent.length)}]`;
  };
  return axes(0, 0, LINE_WIDTH);
}

/** Words in lines of at most `width` columns, each beginning with `indent`. */
function wrap(words: readonly string[], indent: string, width: number): string {
  let text = '';
  let line = indent;
  words.forEach((word, k) => {
    if (line.length + word.length > width && line.length > indent.length) {
      text += `${line.trimEnd()}\n`;
      line = indent;
    }
    line += k < words.length - 1 ? `${word} ` : word;
  });
  return text + line;
}
