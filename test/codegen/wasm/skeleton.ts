/**
 * What the text of a generated function is made of: its blocks, loops and branches as an outline, with the vector and
 * memory instructions between them counted by name. Address arithmetic, names and jumps are left out.
 */

/** The text of the kernel itself, without notes and helper functions. */
export const kernelOf = (code: string): string =>
  /^func kernel[^]*?(?=^func |(?![^]))/m.exec(code)?.[0] ?? '';

/** The notes at the head, without the size of the module. */
export const notesOf = (code: string): readonly string[] =>
  [...code.matchAll(/^;; (.*)$/gm)].map(([, note = '']) => note).filter((note) => !note.endsWith(' bytes'));

/** How often each instruction occurs, except those on i32 other than loads and stores. */
export function instructionsIn(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [, name = ''] of text.matchAll(/\b([a-z]\w*\.\w+)(?:\[[^\]]*\])?\(/g))
    if (!name.startsWith('i32.')) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

const listed = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([name, count]) => (count === 1 ? name : `${count} ${name}`)).join(', ');

const indentOf = (line: string): number => line.length - line.trimStart().length;
/** Of what opens a block, without labels and conditions. */
const heading = (line: string): string | undefined => {
  if (line.includes(': branch ')) return undefined;
  return /^(?:loop|block|if|else)(?![\w.])/.exec(line.trimStart())?.[0];
};

/** The outline of a function, or of lines of one. Equal blocks that follow each other are written once. */
export function skeletonOf(text: string): string {
  const lines = text
    .trimEnd()
    .split('\n')
    .filter((line) => indentOf(line) > 0);
  let at = 0;
  const outline = (indent: number): string[] => {
    const blocks: { readonly text: string; times: number }[] = [];
    const add = (block: string): void => {
      const last = blocks.at(-1);
      if (last?.text === block) last.times++;
      else blocks.push({ text: block, times: 1 });
    };
    let plain: string[] = [];
    const flush = (): void => {
      const counts = listed(instructionsIn(plain.join('\n')));
      if (counts !== '') add(counts);
      plain = [];
    };
    for (let line = lines[at]; line !== undefined && indentOf(line) >= indent; line = lines[at]) {
      at++;
      const head = heading(line);
      if (head === undefined) {
        plain.push(line);
        continue;
      }
      flush();
      const inner = outline(indent + 2);
      add([head, ...inner.map((part) => part.replace(/^/gm, '  '))].join('\n'));
    }
    flush();
    return blocks.map(({ text: block, times }) => (times === 1 ? block : `${times} x ${block}`));
  };
  return `${outline(2).join('\n')}\n`;
}
