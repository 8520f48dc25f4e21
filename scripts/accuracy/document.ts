/** docs/numerics.md: the prose of numerics.template.md with the measured tables in their places. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measurement } from './measure.ts';
import { cpuTable, tableMarkdown } from './table.ts';

const template = join(import.meta.dirname, 'numerics.template.md');
export const documentPath = join(import.meta.dirname, '../../docs/numerics.md');
/** The tables of the last GPU that was measured: not every machine that writes the page has it. */
const gpuTables = join(import.meta.dirname, 'webgpu.md');

/** The page around the table of CPU targets. */
export function documentText(table: string): string {
  const parts = { '<!-- accuracy -->': table, '<!-- webgpu -->': readFileSync(gpuTables, 'utf8').trimEnd() };
  return Object.entries(parts).reduce(
    (prose, [mark, text]) => {
      if (!prose.includes(mark)) throw new Error(`${template} has no ${mark}`);
      return prose.replace(mark, () => text);
    },
    readFileSync(template, 'utf8'),
  );
}

export function writeDocument(measurements: readonly Measurement[]): void {
  writeFileSync(documentPath, documentText(tableMarkdown(cpuTable(measurements))));
}

export function writeGpuTables(text: string): void {
  writeFileSync(gpuTables, text);
}
