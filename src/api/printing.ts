/**
 * Arrays as text, exactly as NumPy prints them (numpy/core/arrayprint.py, 1.24): all elements in one width, lines of 75
 * columns; of arrays with more than 1000 elements only the ends of each axis. Options change these numbers.
 */
import { wholeNumber } from '../ir/arguments.ts';
import {
  complexTable,
  isComplexDType,
  isFloat,
  kindOf,
  type ArrayDType,
  type ComplexDType,
  type DType,
  type Scalar,
  type TypedArray,
} from '../ir/dtype.ts';
import { checkOptions, checkSwitch } from '../ir/options.ts';
import { sizeOf, type Shape } from '../ir/shape.ts';
import { perSession } from '../runtime/perSession.ts';
import { floatFormat, printFloat } from './floatFormat.ts';

export interface PrintOptions {
  /** The most digits after the point (8). */
  readonly precision?: number | undefined;
  /** Arrays with more elements are summarized (1000). */
  readonly threshold?: number | undefined;
  /** How many elements of each end of an axis a summary shows (3). */
  readonly edgeItems?: number | undefined;
  /** Columns of a line (75). */
  readonly lineWidth?: number | undefined;
  /** Whether floats are never printed in scientific notation. */
  readonly suppressSmall?: boolean | undefined;
}

type Settings = { readonly [K in keyof PrintOptions]-?: NonNullable<PrintOptions[K]> };

const defaults: Settings = {
  precision: 8,
  threshold: 1000,
  edgeItems: 3,
  lineWidth: 75,
  suppressSmall: false,
};

/** What arrays are printed with unless told otherwise. */
const chosen = perSession((): { settings: Settings } => ({ settings: defaults }));

/** The settings with those of a call; throws an `OptionError` for any that is no such option. */
function settingsWith(operation: string, options: PrintOptions): Settings {
  checkOptions(operation, options, ['precision', 'threshold', 'edgeItems', 'lineWidth', 'suppressSmall']);
  checkSwitch(operation, 'suppressSmall', options.suppressSmall);
  const before = chosen.current.settings;
  const count = (
    name: 'precision' | 'threshold' | 'edgeItems' | 'lineWidth',
    least: number,
    most: number,
  ): number => wholeNumber(operation, name, options[name] ?? before[name], least, most);
  return {
    // The digits that JavaScript's number formatting has.
    precision: count('precision', 0, 100),
    threshold: count('threshold', 0, Number.MAX_SAFE_INTEGER),
    edgeItems: count('edgeItems', 0, 2 ** 20),
    lineWidth: count('lineWidth', 10, 2 ** 20),
    suppressSmall: options.suppressSmall ?? before.suppressSmall,
  };
}

/** Sets what arrays are printed with in the current session. */
export function changePrinting(operation: string, options: PrintOptions): void {
  chosen.current.settings = settingsWith(operation, options);
}

export const printSettings = (): Settings => chosen.current.settings;

/** One element as text, padded to the width of its array. */
type Format = (value: Scalar) => string;

export function printArray(
  values: TypedArray,
  dtype: ArrayDType,
  shape: Shape,
  options?: PrintOptions,
  operation = 'toString',
): string {
  const settings = options === undefined ? chosen.current.settings : settingsWith(operation, options);
  const element = (flat: number): Scalar => values[flat] ?? 0;
  if (shape.length === 0)
    return isComplexDType(dtype) ? printComplex(values, dtype) : printScalar(element(0), dtype);
  if (sizeOf(shape) === 0) return '[]';
  const summarized = sizeOf(shape) > settings.threshold;
  const edge = summarized ? settings.edgeItems : undefined;
  const positions = visiblePositions(shape, edge);
  if (isComplexDType(dtype)) {
    const word = complexFormat(values, positions, dtype, settings);
    return printAxes(shape, edge, settings.lineWidth, word);
  }
  const format = formatFor(positions.map(element), dtype, settings);
  return printAxes(shape, edge, settings.lineWidth, (flat) => format(element(flat)));
}

/** Elements one by one, as Python prints them; `--` for those that are missing. */
export function printMasked(
  element: (flat: number) => Scalar | undefined,
  dtype: DType,
  shape: Shape,
  options?: PrintOptions,
): string {
  const settings = options === undefined ? chosen.current.settings : settingsWith('toString', options);
  const word = (flat: number): string => {
    const value = element(flat);
    return value === undefined ? '--' : printScalar(value, dtype);
  };
  if (shape.length === 0) return word(0);
  if (sizeOf(shape) === 0) return '[]';
  const edge = sizeOf(shape) > settings.threshold ? settings.edgeItems : undefined;
  return printAxes(shape, edge, settings.lineWidth, word);
}

/** The complex number at a flat position: the parts in a width each, the `j` behind the digits of the second. */
function complexFormat(
  values: TypedArray,
  visible: readonly number[],
  dtype: ComplexDType,
  settings: Settings,
): (flat: number) => string {
  const { part } = complexTable[dtype];
  const at = (position: number): number => Number(values[position] ?? 0);
  const real = floatFormat(
    visible.map((flat) => at(2 * flat)),
    part,
    settings,
  );
  const imaginary = floatFormat(
    visible.map((flat) => at(2 * flat + 1)),
    part,
    { ...settings, signed: true },
  );
  return (flat) => {
    const text = imaginary(at(2 * flat + 1));
    const digits = text.trimEnd();
    return `${real(at(2 * flat))}${digits}j${text.slice(digits.length)}`;
  };
}

/** A single complex number, as Python prints it: without the real part if that is 0. */
function printComplex(values: TypedArray, dtype: ComplexDType): string {
  const { part } = complexTable[dtype];
  const [re, im] = [Number(values[0] ?? 0), Number(values[1] ?? 0)];
  const word = (value: number): string => printFloat(value, part).replace(/\.0$/, '');
  if (Object.is(re, 0)) return `${word(im)}j`;
  const text = word(im);
  return `(${word(re)}${text.startsWith('-') ? '' : '+'}${text}j)`;
}

/** A single value, as Python prints it. */
function printScalar(value: Scalar, dtype: DType): string {
  if (dtype === 'bool') return value === 1 ? 'True' : 'False';
  return isFloat(dtype) ? printFloat(Number(value), dtype) : String(value);
}

function formatFor(visible: readonly Scalar[], dtype: DType, settings: Settings): Format {
  if (kindOf(dtype) === 'bool') return (value) => (value === 1 ? ' True' : 'False');
  if (isFloat(dtype)) {
    const format = floatFormat(visible.map(Number), dtype, settings);
    return (value) => format(Number(value));
  }
  const width = visible.reduce<number>((widest, value) => Math.max(widest, String(value).length), 0);
  return (value) => String(value).padStart(width);
}

/** The flat positions of the printed elements: only they determine the width. */
function visiblePositions(shape: Shape, edge: number | undefined): readonly number[] {
  let positions: readonly number[] = [0];
  for (const size of shape) {
    const indices = Array.from({ length: size }, (_, i) => i);
    const kept =
      edge !== undefined && size > 2 * edge ? indices.filter((i) => i < edge || i >= size - edge) : indices;
    positions = positions.flatMap((base) => kept.map((i) => base * size + i));
  }
  return positions;
}

/** Brackets, indents, line breaks. `word` prints the element at a flat position. */
function printAxes(
  shape: Shape,
  edge: number | undefined,
  lineWidth: number,
  word: (flat: number) => string,
): string {
  const axes = (axis: number, base: number, width: number): string => {
    const size = shape[axis] ?? 1;
    const indent = ' '.repeat(axis + 1);
    const isCut = edge !== undefined && size > 2 * edge;
    const [head, tail] = isCut ? [edge, edge] : [0, size];
    const items = Array.from(
      { length: head + tail },
      (_, k) => base * size + (k < head ? k : size - tail + k - head),
    );
    const innermost = axis === shape.length - 1;
    const words = items.map((flat) => (innermost ? word(flat) : axes(axis + 1, flat, width - 1)));
    if (isCut) words.splice(head, 0, '...');
    const body = innermost
      ? wrap(words, indent, width - 1)
      : words.map((text) => indent + text).join('\n'.repeat(shape.length - axis - 1));
    return `[${body.slice(indent.length)}]`;
  };
  return axes(0, 0, lineWidth);
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
