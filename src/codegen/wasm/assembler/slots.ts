/**
 * Where the locals of a function live: locals of one type share a slot when one is done before the other begins (linear
 * scan, Poletto and Sarkar 1999). Engines take 50,000 slots, and V8's first compiler merges the state of all of them at
 * each `if` and loop, so that its time grows with their number times that of the branches.
 *
 * A local lives in the innermost statement list around all places that set or use it, its home. If the first of these
 * places sets it, right there, it lives from there on: each iteration of a loop around the home sets it again. Otherwise it may
 * rely on being zero, or on the value of the previous iteration: it lives from the start of the function. It lives to its last
 * place, and to the end of every loop between the home and a place, because the next iteration needs it.
 */
import type { FunctionBuilder } from './function.ts';
import { Local } from './operands.ts';
import type { ValueType } from './instructions.ts';
import { resultsOf, type Argument, type Tree } from './tree.ts';

export interface Slots {
  /** By the id of a local. */
  readonly indexOf: readonly (number | undefined)[];
  /** How many of which type, in the order of their indices, after the parameters. */
  readonly groups: readonly { readonly type: ValueType; readonly count: number }[];
}

/** A list of statements: a body of the function, of a block, or of an arm. */
interface Region {
  readonly outer: Region | undefined;
  readonly depth: number;
  readonly isLoop: boolean;
  end: number;
}

interface Life {
  readonly local: Local;
  home: Region;
  /** All places, where they are in more than one region. */
  places: Set<Region> | undefined;
  start: number;
  end: number;
  slot: number;
}

export function assignSlots({ parameters, returned }: FunctionBuilder, trees: readonly Tree[]): Slots {
  const { lives, steps } = livesOf(parameters.length, trees, returned);
  const ending: (Life[] | undefined)[] = new Array<undefined>(steps + 1);
  for (const life of lives) {
    const together = ending[life.end];
    if (together === undefined) ending[life.end] = [life];
    else together.push(life);
  }
  const counts = new Map<ValueType, number>();
  const free = new Map<ValueType, Life[]>();
  let ended = 0;
  const assign = (life: Life): void => {
    for (; ended < life.start; ended++)
      for (const other of ending[ended] ?? []) {
        const list = free.get(other.local.type);
        if (list === undefined) free.set(other.local.type, [other]);
        else list.push(other);
      }
    const { type } = life.local;
    const before = free.get(type)?.pop();
    if (before === undefined) {
      life.slot = counts.get(type) ?? 0;
      counts.set(type, life.slot + 1);
    } else life.slot = before.slot;
  };
  // They come in the order of their first places: those that live from the start of the function are out of order.
  for (const life of lives) if (life.start === 0) assign(life);
  for (const life of lives) if (life.start > 0) assign(life);
  const groups = [...counts].map(([type, count]) => ({ type, count }));
  const firstOf = new Map<ValueType, number>();
  let next = parameters.length;
  for (const { type, count } of groups) {
    firstOf.set(type, next);
    next += count;
  }
  const indexOf: (number | undefined)[] = parameters.map((_, k) => k);
  for (const { local, slot } of lives) indexOf[local.id] = (firstOf.get(local.type) ?? 0) + slot;
  return { indexOf, groups };
}

/** When each local lives, in steps of one place after the other. */
function livesOf(
  parameters: number,
  trees: readonly Tree[],
  returned: readonly Argument[],
): { readonly lives: readonly Life[]; readonly steps: number } {
  const lives: Life[] = [];
  const lifeOf: (Life | undefined)[] = [];
  let step = 0;
  const place = (local: Local, region: Region, isSet: boolean): void => {
    // Parameters are the first locals.
    if (local.id < parameters) return;
    step++;
    let life = lifeOf[local.id];
    if (life === undefined) {
      life = { local, home: region, places: undefined, start: isSet ? step : 0, end: step, slot: 0 };
      lifeOf[local.id] = life;
      lives.push(life);
      return;
    }
    life.end = step;
    if (life.home === region || life.places?.has(region) === true) return;
    life.places ??= new Set([life.home]);
    life.places.add(region);
    const home = common(life.home, region);
    if (home !== life.home) life.start = 0;
    life.home = home;
  };
  const argument = (given: Argument, region: Region): void => {
    if (given instanceof Local) place(given, region, false);
    else if ('kind' in given) statement(given, region, true);
  };
  const inner = (body: readonly Tree[], outer: Region, isLoop: boolean): void => {
    const region: Region = { outer, depth: outer.depth + 1, isLoop, end: 0 };
    for (const tree of body) statement(tree, region, false);
    region.end = step;
  };
  const statement = (tree: Tree, region: Region, nested: boolean): void => {
    if ('operands' in tree) for (const operand of tree.operands) argument(operand, region);
    switch (tree.kind) {
      case 'operation':
      case 'call':
        if (!nested) for (const result of resultsOf(tree)) if (result.uses > 0) place(result, region, true);
        break;
      case 'set':
        place(tree.local, region, true);
        break;
      case 'block':
      case 'loop':
        inner(tree.body, region, tree.kind === 'loop');
        break;
      case 'if':
        inner(tree.then, region, false);
        inner(tree.otherwise, region, false);
        break;
      case 'branch':
      case 'comment':
    }
  };
  const whole: Region = { outer: undefined, depth: 0, isLoop: false, end: 0 };
  for (const tree of trees) statement(tree, whole, false);
  for (const value of returned) argument(value, whole);
  for (const life of lives) {
    // What lives from the start has its home there, whatever its places have in common.
    const home = life.start === 0 ? whole : life.home;
    for (const region of life.places ?? [life.home])
      for (let at: Region | undefined = region; at !== undefined && at !== home; at = at.outer)
        if (at.isLoop) life.end = Math.max(life.end, at.end);
  }
  return { lives, steps: step };
}

function common(a: Region, b: Region): Region {
  let [x, y] = [a, b];
  while (x !== y) {
    if (x.depth > y.depth) x = x.outer ?? x;
    else y = y.outer ?? y;
  }
  return x;
}
