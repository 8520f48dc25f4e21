// The voice of the tour: chapters, paragraphs, tables and blocks in the terminal. Colour comes from Node's
// `styleText`, which leaves it out where the output is no terminal or NO_COLOR is set.
import { styleText } from 'node:util';

const width = Math.min(process.stdout.columns || 92, 92);
const margin = '   ';

let lastLine = '';

/** Figures hold their unit by a no-break space, which only matters until here. */
const print = (line: string): void => {
  lastLine = line.replaceAll('\u00a0', ' ');
  console.log(lastLine);
};

/** One empty line, however many ask for it. */
const gap = (): void => {
  if (lastLine !== '') print('');
};

/** Breaks at spaces, so that no line is wider than the page. */
const wrap = (text: string): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(/[ \n]+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
};

export const title = (name: string, subtitle: string): void => {
  gap();
  print(styleText(['bold', 'blue'], name));
  for (const line of wrap(subtitle)) print(styleText('dim', line));
};

export const chapter = (name: string): void => {
  gap();
  print(`${styleText('blue', '■')} ${styleText('bold', name)}`);
  gap();
};

export const say = (text: string): void => {
  for (const line of wrap(text)) print(line);
};

/** A block as it is: an array, an error message, a plan, some code. */
export const show = (block: unknown): void => {
  gap();
  for (const line of String(block).trimEnd().split('\n')) print(styleText('cyan', margin + line));
  gap();
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
  gap();
  if (header.some((name) => name !== '')) print(styleText('dim', line(header)));
  for (const row of rows) print(line(row));
  gap();
};
