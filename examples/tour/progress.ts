// A progress bar on the error stream: there only where that is a terminal, and gone when the work is done.
import { styleText } from 'node:util';
import type { Progress } from '../../src/index.ts';

const width = 40;
const clearLine = '\r\u001b[2K';

/** What to hand in as `onProgress`. */
export const progressBar = (label: string): ((progress: Progress) => void) | undefined => {
  const { stderr } = process;
  if (!stderr.isTTY) return undefined;
  return ({ done, total }) => {
    const share = total === 0 ? 1 : done / total;
    const filled = Math.round(width * share);
    const bar = styleText('blue', '█'.repeat(filled), { stream: stderr }) + '░'.repeat(width - filled);
    const percent = `${Math.floor(100 * share)}`.padStart(3);
    stderr.write(done === total ? clearLine : `${clearLine}   ${bar} ${percent} %  ${label}`);
  };
};
