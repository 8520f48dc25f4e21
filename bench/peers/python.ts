/**
 * Peers in Python (`python_works/`): each in a Python process of its own that lives as long as the run, so that
 * one that crashes takes nobody along. It is started again for the next case.
 */
import type { Case } from '../cases/case.ts';
import type { Sample } from '../measure/agreement.ts';
import type { Peer, Prepared } from './peer.ts';
import { type Answer, PythonChild } from './pythonChild.ts';

/** `module` is the file of `python_works` without its ending `_works.py`. */
export async function startPythonPeer(name: string, module = name, threads = 1): Promise<Peer> {
  const { child: first, greeting } = await PythonChild.start(module, threads);
  let child = first;
  const target = String(greeting['target']);
  return {
    name,
    version: String(greeting['version']),
    threads,
    prepare: async (benchCase) => {
      if (!child.alive) ({ child } = await PythonChild.start(module, threads));
      return prepare(child, target, benchCase);
    },
    close: () => child.close(),
  };
}

async function prepare(
  child: PythonChild,
  target: string,
  { work, inputs }: Case,
): Promise<Prepared | undefined> {
  const { able } = await child.request({ do: 'prepare', work, inputs });
  if (able !== true) return undefined;
  return {
    target,
    run: async (n) => numberIn(await child.request({ do: 'run', n }), 'ns'),
    sample: async () => listIn(await child.request({ do: 'sample' }), 'outputs').map(parseSample),
    release: async () => {
      await child.request({ do: 'release' });
    },
  };
}

function parseSample(output: unknown): Sample {
  if (!isRecord(output)) throw new TypeError('Python sent an output that is no object');
  return {
    length: numberIn(output, 'length'),
    mean: numberOrNaN(output['mean']),
    elements: listIn(output, 'elements').map(numberOrNaN),
  };
}

/** JSON has no NaN and no infinity: Python sends null for them. */
function numberOrNaN(value: unknown): number {
  return typeof value === 'number' ? value : NaN;
}

function numberIn(record: Answer, key: string): number {
  const value = record[key];
  if (typeof value !== 'number') throw new TypeError(`Python sent no number as ${key}`);
  return value;
}

function listIn(record: Answer, key: string): readonly unknown[] {
  const value = record[key];
  if (!Array.isArray(value)) throw new TypeError(`Python sent no list as ${key}`);
  return value;
}

function isRecord(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null;
}
