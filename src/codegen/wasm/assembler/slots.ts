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
  readonly indexOf: ReadonlyMap<Local, number>;
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
  readonly places: Set<Region>;
  home: Region;
  start: number;
  end: number;
}

export function assignSlots({ parameters, returned }: FunctionBuilder, trees: readonly Tree[]): Slots {
  const lives = livesOf(new Set(parameters), trees, returned);
  const indexOf = new Map<Local, number>();
  parameters.forEach((parameter, k) => indexOf.set(parameter, k));
  const slotOf = new Map<Life, number>();
  const counts = new Map<ValueType, number>();
  const free = new Map<ValueType, number[]>();
  const ending = lives.toSorted((a, b) => a.end - b.end);
  let ended = 0;
  for (const life of lives.toSorted((a, b) => a.start - b.start)) {
    const { type } = life.local;
    for (let other = ending[ended]; other !== undefined && other.end < life.start; other = ending[++ended]) {
      const slot = slotOf.get(other);
      const list = free.get(other.local.type) ?? [];
      if (slot !== undefined) list.push(slot);
      free.set(other.local.type, list);
    }
    let slot = free.get(type)?.pop();
    if (slot === undefined) {
      slot = counts.get(type) ?? 0;
      counts.set(type, slot + 1);
    }
    slotOf.set(life, slot);
  }
  const groups = [...counts].map(([type, count]) => ({ type, count }));
  const firstOf = new Map<ValueType, number>();
  let next = parameters.length;
  for (const { type, count } of groups) {
    firstOf.set(type, next);
    next += count;
  }
  for (const [{ local }, slot] of slotOf) indexOf.set(local, (firstOf.get(local.type) ?? 0) + slot);
  return { indexOf, groups };
}

/** When each local lives, in steps of one place after the other. */
function livesOf(
  parameters: ReadonlySet<Local>,
  trees: readonly Tree[],
  returned: readonly Argument[],
): readonly Life[] {
  const lives = new Map<Local, Life>();
  let step = 0;
  const place = (local: Local, region: Region, isSet: boolean): void => {
    if (parameters.has(local)) return;
    step++;
    const life = lives.get(local);
    if (life === undefined) {
      const start = isSet ? step : 0;
      lives.set(local, { local, places: new Set([region]), home: region, start, end: step });
      return;
    }
    life.end = step;
    if (life.home === region || life.places.has(region)) return;
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
  for (const life of lives.values()) {
    // What lives from the start has its home there, whatever its places have in common.
    const home = life.start === 0 ? whole : life.home;
    for (const region of life.places)
      for (let at: Region | undefined = region; at !== undefined && at !== home; at = at.outer)
        if (at.isLoop) life.end = Math.max(life.end, at.end);
  }
  return [...lives.values()];
}

function common(a: Region, b: Region): Region {
  let [x, y] = [a, b];
  while (x !== y) {
    if (x.depth > y.depth) x = x.outer ?? x;
    else y = y.outer ?? y;
  }
  return x;
}
