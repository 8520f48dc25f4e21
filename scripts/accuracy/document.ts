/** docs/numerics.md: the prose of numerics.template.md with the measured table in its place. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measurement } from './measure.ts';
import { tableMarkdown } from './table.ts';

const template = join(import.meta.dirname, 'numerics.template.md');
export const documentPath = join(import.meta.dirname, '../../docs/numerics.md');

const mark = '<!-- accuracy -->';

export function documentText(table: string): string {
  const prose = readFileSync(template, 'utf8');
  if (!prose.includes(mark)) throw new Error(`${template} has no ${mark}`);
  return prose.replace(mark, () => table);
}

export function writeDocument(measurements: readonly Measurement[]): void {
  writeFileSync(documentPath, documentText(tableMarkdown(measurements)));
}
