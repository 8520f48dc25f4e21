/** The Markdown files of the project as data: their fenced blocks, their sections, their tables. */
import { readdirSync, readFileSync } from 'node:fs';

export const root = new URL('../../', import.meta.url);

/** README.md and everything in docs/, by their paths from the root. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync(new URL('docs/', root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

export const readPage = (page: string): string =>
  readFileSync(new URL(page, root), 'utf8').replaceAll('\r\n', '\n');

/** A program, and what it prints if the page says so. */
export interface Example {
  readonly line: number;
  readonly code: string;
  readonly output: string | undefined;
  /** Where the text of `output` stands in the page. */
  readonly from: number;
  readonly to: number;
}

/** Each block marked `ts`, with the block marked `text` that follows it directly. */
export function examplesOf(text: string): readonly Example[] {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```\n(?:\n*^```text\n([\s\S]*?)^```$)?/gm)].map((found) => {
    const [whole, code = '', output] = found;
    const to = found.index + whole.length - '```'.length;
    return {
      line: text.slice(0, found.index).split('\n').length,
      code,
      output,
      from: to - (output ?? '').length,
      to,
    };
  });
}

/** The part of a page under a heading, up to the next heading of that level or above. */
export function sectionOf(text: string, heading: string): string {
  const lines = text.split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`there is no heading ${JSON.stringify(heading)}`);
  const level = heading.indexOf(' ');
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= level);
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n');
}

/** The rows of the tables in a text, heads left out; backticks of the cells removed. */
export function rowsOf(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/^\|[ -]+\|.*\n((?:\|.*\n?)*)/gm)].flatMap(([, body = '']) =>
    body
      .trim()
      .split('\n')
      .map((row) =>
        row
          .slice(1, -1)
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim().replaceAll('`', '')),
      ),
  );
}
