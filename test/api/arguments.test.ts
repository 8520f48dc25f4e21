/**
 * Everything public, called with arguments of every wrong kind at every position: what comes out is a result or a
 * `LazuliError`. The functions, and what they can be called with, are found by trying, so that a new one is covered.
 */
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { runs } from '../support/runs.ts';

type Call = (...args: readonly unknown[]) => unknown;

interface Subject {
  readonly name: string;
  readonly call: Call;
}

const isClass = (value: unknown): boolean => typeof value === 'function' && /^class\b/.test(String(value));

/** The functions of a module; of classes, what `new` makes. */
const functionsOf = (module: object, prefix: string): readonly Subject[] =>
  Object.entries(module).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value !== 'function') return [];
    if (value.prototype instanceof Error || value === lz.LazuliError) return [];
    return isClass(value)
      ? [{ name: `new ${prefix}${name}`, call: (...args) => Reflect.construct(value, args) as unknown }]
      : [{ name: prefix + name, call: value as Call }];
  });

/** The methods that an object has and inherits. */
function methodsOf(receiver: object, called: string): readonly Subject[] {
  const names = new Set<string | symbol>();
  for (
    let at: unknown = receiver;
    at instanceof Object && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  )
    for (const name of Reflect.ownKeys(at)) names.add(name);
  names.delete('constructor');
  return [...names].flatMap((name) => {
    // Getters may refuse: an array without axes has no length.
    const method = attempt(() => Reflect.get(receiver, name) as unknown);
    return typeof method === 'function'
      ? [
          {
            name: `${called}.${String(name)}`,
            call: (...args) => Reflect.apply(method, receiver, args) as unknown,
          },
        ]
      : [];
  });
}

const matrix = lz.array([
  [1, 2],
  [3, 4],
]);
const key = lz.random.key(1);

const subjects: readonly Subject[] = [
  ...functionsOf(lz, ''),
  ...functionsOf(lz.random, 'random.'),
  ...methodsOf(matrix, 'matrix'),
  ...methodsOf(lz.array([true, false]), 'mask'),
  ...methodsOf(lz.array(7n), 'scalar'),
  ...methodsOf(lz.arange(3, { dtype: 'float16' }), 'halves'),
  ...methodsOf(matrix.add(1).explain(), 'explanation'),
];

/** What functions may be made for. */
const right: readonly unknown[] = [
  matrix,
  [0, 1],
  [5n, 6n],
  0,
  1,
  2,
  'float64',
  key,
  (x: unknown) => x,
  [matrix, matrix],
  'js',
  lz.ones([1, 1, 2, 2]),
  {},
];

const cyclic: unknown[] = [];
cyclic.push(cyclic);

/** No function knows it, wherever it stands. */
const unknownOption = { dype: 1 };

const wrong: readonly unknown[] = [
  undefined,
  null,
  NaN,
  -1,
  -0,
  0.5,
  2 ** 32 + 1,
  1e300,
  -Infinity,
  0n,
  2n ** 70n,
  '3',
  '',
  'int32',
  true,
  {},
  unknownOption,
  { axis: 'x', dtype: 0n, copy: 1, keepdims: 'yes' },
  Object.create(null) as unknown,
  [],
  [[0, 1]],
  [0n, 2n],
  ['0', null],
  [undefined],
  new Array<number>(3),
  cyclic,
  Symbol('s'),
  () => 0,
  new Date(0),
  new Map(),
  new Proxy({}, {}),
  new DataView(new ArrayBuffer(8)),
  Float64Array.of(0.5, 2),
  matrix,
  lz.array([true, false]),
  lz.array([0, 1], { dtype: 'int32' }),
  lz.array(0n),
  lz.arange(3, { dtype: 'float16' }),
  key,
];

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    expectRefusal(error);
    return undefined;
  }
}

/** What is thrown is thrown on purpose, says so, and is not a bug of ours. */
function expectRefusal(error: unknown): void {
  if (error instanceof lz.LazuliError && !(error instanceof lz.InternalError) && error.message !== '') return;
  throw new Error('an error that is not one of lazuli', { cause: error });
}

/** What became of a call: a value that holds together, or a refusal. */
type Outcome = 'done' | 'refused';

async function outcome(call: Call, args: readonly unknown[]): Promise<Outcome> {
  try {
    const value: unknown = await call(...args);
    expectWhole(value);
    return 'done';
  } catch (error) {
    expectRefusal(error);
    return 'refused';
  }
}

/** Arrays have a shape, and elements that can be read; functions can be called in their turn. */
function expectWhole(value: unknown): void {
  if (typeof value === 'function') for (const given of wrong) attempt(() => (value as Call)(given));
  if (!(value instanceof lz.LazyArray)) return;
  for (const size of value.shape) expect(Number.isSafeInteger(size) && size >= 0).toBe(true);
  if (value.size <= 100) value.toString();
}

const textOf = (args: readonly unknown[]): string =>
  args.map((value) => inspect(value, { depth: 1 })).join(', ');

const checked = async ({ name, call }: Subject, args: readonly unknown[]): Promise<Outcome> => {
  try {
    return await outcome(call, args);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    throw new Error(`${name}(${textOf(args)}): ${String(cause ?? error)}`, { cause: error });
  }
};

/** Ends threads, or opens a GPU: called only in ways that are refused. */
const neverCalled: ReadonlySet<string> = new Set(['devices', 'gpuDevice', 'shutdown', 'synchronize']);
/** Takes anything. */
const takesAll = new Set(['isDType', 'isMasked']);
/** Called by the language, with arguments of its own. */
const isProtocol = (name: string): boolean => /toJSON|Symbol\(/.test(name);
const longest = 5;

type Calls = readonly (readonly unknown[])[];

const found = new Map<Subject, Promise<Calls>>();

function workingCalls(subject: Subject): Promise<Calls> {
  const calls = found.get(subject) ?? findWorkingCalls(subject);
  found.set(subject, calls);
  return calls;
}

/** Arguments that work: the fewest, and then one more at a time. */
async function findWorkingCalls(subject: Subject): Promise<Calls> {
  if (neverCalled.has(subject.name) || takesAll.has(subject.name)) return [];
  let tried: readonly (readonly unknown[])[] = [[]];
  let fewest: readonly unknown[] | undefined;
  for (let count = 0; count <= 3 && fewest === undefined; count++) {
    for (const args of tried)
      if ((await checked(subject, args)) === 'done') {
        fewest = args;
        break;
      }
    tried = tried.flatMap((args) => right.map((value) => [...args, value]));
  }
  if (fewest === undefined) return [];
  const calls = [fewest];
  for (let args = fewest; args.length < longest;) {
    const more: (readonly unknown[])[] = [];
    for (const value of right)
      if (more.length === 0 && (await checked(subject, [...args, value])) === 'done')
        more.push([...args, value]);
    const [next] = more;
    if (next === undefined) break;
    calls.push(next);
    args = next;
  }
  return calls;
}

const limits = Error.stackTraceLimit;
Error.stackTraceLimit = 0;
afterAll(() => {
  Error.stackTraceLimit = limits;
  lz.configure({ target: 'auto' });
});

describe('arguments of every wrong kind are refused, or work', () => {
  test.each(subjects)('$name', async (subject) => {
    const calls = await workingCalls(subject);
    const refusesAll = !takesAll.has(subject.name) && !isProtocol(subject.name);
    for (const args of [[], ...calls])
      for (let position = 0; position <= args.length; position++)
        for (const value of wrong) {
          const became = await checked(subject, args.toSpliced(position, 1, value));
          if (refusesAll && value === unknownOption) expect(became).toBe('refused');
        }
    // Random lists, for what shows only together.
    let seed = 1;
    const next = (): unknown => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return wrong[(seed >>> 8) % wrong.length];
    };
    for (let k = 0; k < runs(30); k++) await checked(subject, Array.from({ length: 2 + (k % 4) }, next));
  });

  test('calls that work were found for all but a few', async () => {
    const without: string[] = [];
    for (const subject of subjects)
      if ((await workingCalls(subject)).length === 0) without.push(subject.name);
    // A buffer takes a GPU; methods of an array may not be for its dtype or shape.
    const [gpu, made] = ['fromGPUBuffer', 'new LazyArray'];
    // Vectors of three elements; a dtype of integers; truth values; lists of integer arrays.
    const particular = ['cross', 'iinfo', 'masked', 'ravelMultiIndex', 'unpackbits'];
    const methods = /^(matrix|mask|scalar|halves)\./;
    expect(without.filter((name) => !methods.test(name)).toSorted()).toEqual(
      [...neverCalled, ...takesAll, ...particular, gpu, made].toSorted(),
    );
  });
  test('no function takes more arguments than it has', async () => {
    for (const subject of subjects.filter(({ name }) => !isProtocol(name)))
      for (const args of await workingCalls(subject))
        if (args.length === longest)
          expect(subject.name).toMatch(
            /resultType|reshape|random.integers|meshgrid|broadcastArrays|broadcastShapes/,
          );
  });
});
