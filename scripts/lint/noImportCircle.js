/**
 * Lint rule: files of `src` import each other without circles, type-only imports included. A circle of types loads, but
 * none of its files can be understood before the others.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** Of import and re-export statements; generated texts have no relative specifiers. */
const specifiers = /\bfrom\s+'(\.{1,2}\/[^']+)'|\bimport\s+'(\.{1,2}\/[^']+)'/g;

/** Files by what they import, read once per run of the linter. */
function importsBelow(root) {
  const imports = new Map();
  for (const file of globSync('src/**/*.ts', { cwd: root })) {
    const found = [];
    for (const [, named, bare] of readFileSync(join(root, file), 'utf8').matchAll(specifiers)) {
      const target = normalize(join(dirname(file), named ?? bare));
      if (existsSync(join(root, target))) found.push(target);
    }
    imports.set(file, found);
  }
  return imports;
}

/** The shortest way from a file back to itself. */
function circleThrough(imports, file) {
  const cameFrom = new Map();
  const queue = [file];
  for (const at of queue)
    for (const next of imports.get(at) ?? []) {
      if (next === file) {
        const circle = [at];
        for (let before = cameFrom.get(at); before !== undefined; before = cameFrom.get(before))
          circle.unshift(before);
        return circle;
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, at);
      queue.push(next);
    }
  return undefined;
}

let known;

export const noImportCircle = {
  meta: { type: 'problem', schema: [], messages: { circle: 'Imports go in a circle: {{circle}}.' } },
  create(context) {
    return {
      Program(node) {
        known ??= importsBelow(context.cwd);
        const file = relative(context.cwd, context.filename);
        const circle = circleThrough(known, file);
        if (circle !== undefined)
          context.report({ node, messageId: 'circle', data: { circle: [...circle, file].join(' -> ') } });
      },
    };
  },
};
