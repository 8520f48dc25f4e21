/**
 * A math function as a graph of operations, and which block of the generated function each belongs to.
 *
 * The graph knows no statements, only what needs what. An operation is placed in the innermost block that holds all its
 * uses, so that an arm of a choice is computed only where it is chosen (Click: Global Code Motion, Global Value
 * Numbering, 1995).
 */
import type { Write } from './expression.ts';
import type { Code } from './source.ts';

/** A block of statements: the function's body, or an arm of a choice. */
export class Block {
  readonly parent: Block | undefined;
  readonly depth: number;
  readonly lines: (string | Code)[] = [];

  constructor(parent?: Block) {
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }
}

const commonBlock = (a: Block, b: Block): Block => {
  let [x, y] = [a, b];
  while (x !== y) {
    if (x.depth >= y.depth && x.parent !== undefined) x = x.parent;
    else if (y.parent !== undefined) y = y.parent;
  }
  return x;
};

/** A parameter, a constant or an operation. */
export interface Operation {
  readonly kind: 'operation';
  readonly id: number;
  readonly operands: readonly Node[];
  readonly write: Write;
}

/** One of the values that a choice gives. */
export interface Outcome {
  readonly kind: 'outcome';
  readonly id: number;
  choice: Choice;
  readonly then: Node;
  readonly otherwise: Node;
}

export type Node = Operation | Outcome;

/** Values that depend on one condition. Of `rarely`, the usual values are computed before, for they mostly hold. */
export interface Choice {
  readonly kind: 'choice';
  readonly condition: Node;
  readonly rare: boolean;
  readonly outcomes: Outcome[];
}

/** What is placed and written as a whole. */
export type Unit = Operation | Choice;

const unitOf = (node: Node): Unit => (node.kind === 'outcome' ? node.choice : node);
const isLeaf = (node: Node): boolean => node.kind === 'operation' && node.operands.length === 0;

const needs = (unit: Unit): readonly Node[] =>
  unit.kind === 'operation'
    ? unit.operands
    : [unit.condition, ...unit.outcomes.flatMap(({ then, otherwise }) => [otherwise, then])];

/** Every unit that `root` needs, operands before users; without leaves. */
export function unitsInOrder(root: Node): readonly Unit[] {
  const order = new Set<Unit>();
  const visit = (node: Node): void => {
    const unit = unitOf(node);
    if (isLeaf(node) || order.has(unit)) return;
    needs(unit).forEach(visit);
    order.add(unit);
  };
  visit(root);
  return [...order];
}

function dependsOn(unit: Unit, other: Unit, seen = new Set<Unit>()): boolean {
  if (unit === other) return true;
  if (seen.has(unit)) return false;
  seen.add(unit);
  return needs(unit).some((node) => dependsOn(unitOf(node), other, seen));
}

export interface Placement {
  readonly block: ReadonlyMap<Unit, Block>;
  readonly arms: ReadonlyMap<Choice, readonly [then: Block, otherwise: Block]>;
  readonly uses: ReadonlyMap<Node, number>;
}

/** The innermost block for each unit. Users come first, so all uses of a unit are known when it is reached. */
export function place(root: Node, units: readonly Unit[], body: Block): Placement {
  const block = new Map<Unit, Block>();
  const arms = new Map<Choice, readonly [Block, Block]>();
  const uses = new Map<Node, number>();
  const use = (node: Node, at: Block): void => {
    const unit = unitOf(node);
    const known = block.get(unit);
    block.set(unit, known === undefined ? at : commonBlock(known, at));
    uses.set(node, (uses.get(node) ?? 0) + 1);
  };
  use(root, body);
  for (const unit of units.toReversed()) {
    const at = block.get(unit);
    // Never used, such as an unused result of an exception.
    if (at === undefined) continue;
    if (unit.kind === 'operation') {
      for (const operand of unit.operands) use(operand, at);
      continue;
    }
    const [then, otherwise] = [new Block(at), new Block(at)];
    arms.set(unit, [then, otherwise]);
    use(unit.condition, at);
    for (const outcome of unit.outcomes) {
      if (!uses.has(outcome)) continue;
      use(outcome.then, then);
      use(outcome.otherwise, unit.rare ? at : otherwise);
    }
  }
  return { block, arms, uses };
}

/** Choices in one block on one condition become one, so that what several of them need stays in its arm. */
export function mergeChoices(units: readonly Unit[], { block }: Placement): void {
  const merged: Choice[] = [];
  for (const choice of units) {
    if (choice.kind !== 'choice' || choice.rare) continue;
    const partner = merged.find(
      (other) =>
        other.condition === choice.condition &&
        block.get(other) === block.get(choice) &&
        !dependsOn(choice, other) &&
        !dependsOn(other, choice),
    );
    if (partner === undefined) {
      merged.push(choice);
      continue;
    }
    for (const outcome of choice.outcomes) outcome.choice = partner;
    partner.outcomes.push(...choice.outcomes);
  }
}
