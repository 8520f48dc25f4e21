/** Values that expressions read and that are remote, brought to ordinary memory ahead of an evaluation at once. */
import type { ArraySource, Node } from '../../ir/node.ts';
import { bringToMemory, remoteOf } from '../memory/sources.ts';
import { Source } from '../memory/source.ts';
import { inSession } from '../perSession.ts';
import { knownValue } from './knownValues.ts';

/** While one array is fetched, another evaluation may leave a value of a node remote: that is fetched, too. */
export async function fetchInputs(roots: readonly Node[]): Promise<void> {
  for (let inputs = inputsOf(roots); remoteOf(inputs).length > 0; inputs = inputsOf(roots))
    await inSession(bringToMemory(inputs));
}

/** The arrays that the roots are computed of, as far as they may be remote. */
function inputsOf(roots: readonly Node[]): readonly ArraySource[] {
  if (!Source.anyRemote) return [];
  const sources: ArraySource[] = [];
  const seen = new Set(roots);
  for (const node of seen) {
    const value = node.kind === 'data' ? node : knownValue(node);
    if (value !== undefined) sources.push(value.source);
    else for (const input of node.inputs) seen.add(input);
  }
  return sources;
}
