// The voice of the tour: chapters, paragraphs, tables and blocks in the terminal. Colour comes from Node's
// `styleText`, which leaves it out where the output is no terminal or NO_COLOR is set.
import { styleText } from 'node:util';

const width = Math.min(process.stdout.columns || 92, 92);
const margin = '   ';

const print = (line = ''): void => console.log(line);

/** Breaks at spaces, so that no line is wider than the page. */
const wrap = (text: string): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
};

export const title = (name: string, subtitle: string): void => {
  print();
  print(styleText(['bold', 'blue'], name));
  for (const line of wrap(subtitle)) print(styleText('dim', line));
};

export const chapter = (name: string): void => {
  print();
  print(`${styleText('blue', '■')} ${styleText('bold', name)}`);
  print();
};

export const say = (text: string): void => {
  for (const line of wrap(text)) print(line);
};

/** A block as it is: an array, an error message, a plan, some code. */
export const show = (block: unknown): void => {
  print();
  for (const line of String(block).trimEnd().split('\n')) print(styleText('cyan', margin + line));
  print();
};

/** Columns as wide as their widest cell; the first reads from the left, the others are figures. */
export const table = (header: readonly string[], rows: readonly (readonly string[])[]): void => {
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    margin +
    widths
      .map((size, column) => {
        const cell = cells[column] ?? '';
        return column === 0 ? cell.padEnd(size) : cell.padStart(size);
      })
      .join('   ')
      .trimEnd();
  print();
  print(styleText('dim', line(header)));
  for (const row of rows) print(line(row));
  print();
};
