/**
 * Statements as trees: a value that is used once, by the statement right after it, moves into its consumer. What is
 * left of dead pure values is dropped. Trees are what is encoded (operands on the stack) and printed.
 */
import type { FunctionBuilder, Label, WasmStatement } from './function.ts';
import { Local, type Constant } from './operands.ts';

export type Argument = Local | Constant | Tree;

export type Tree =
  | {
      readonly kind: 'operation';
      readonly name: string;
      readonly operands: readonly Argument[];
      readonly immediate: readonly number[];
      readonly result: Local | undefined;
    }
  | {
      readonly kind: 'call';
      readonly callee: string;
      readonly operands: readonly Argument[];
      readonly results: readonly Local[];
    }
  | { readonly kind: 'set'; readonly local: Local; readonly operands: readonly Argument[] }
  | { readonly kind: 'block' | 'loop'; readonly label: Label; readonly body: readonly Tree[] }
  | {
      readonly kind: 'if';
      readonly operands: readonly Argument[];
      readonly then: readonly Tree[];
      readonly otherwise: readonly Tree[];
    }
  | { readonly kind: 'branch'; readonly label: Label; readonly operands: readonly Argument[] }
  | { readonly kind: 'comment'; readonly text: string };

/** The locals that a statement computes. */
export function resultsOf(tree: Tree): readonly Local[] {
  if (tree.kind === 'call') return tree.results;
  return tree.kind === 'operation' && tree.result !== undefined ? [tree.result] : [];
}

/** Deeper trees would be hard to read and gain nothing. */
const maxDepth = 12;

const finished = new WeakMap<FunctionBuilder, readonly Tree[]>();

/** The trees of a function that is complete. */
export function treesOf(builder: FunctionBuilder): readonly Tree[] {
  let trees = finished.get(builder);
  if (trees === undefined) {
    trees = nest(withoutDead([...builder.prologue, ...builder.body]));
    finished.set(builder, trees);
  }
  return trees;
}

/** Drops pure operations without uses, last first, so that what only they used goes too. */
function withoutDead(statements: readonly WasmStatement[]): WasmStatement[] {
  const kept: WasmStatement[] = [];
  for (let k = statements.length - 1; k >= 0; k--) {
    const statement = statements[k];
    if (statement === undefined) continue;
    switch (statement.kind) {
      case 'operation':
        if (statement.pure && statement.result?.uses === 0) release(statement.operands);
        else kept.push(statement);
        break;
      case 'set':
        if (!statement.local.variable && statement.local.uses === 0) release(statement.operands);
        else kept.push(statement);
        break;
      case 'block':
      case 'loop':
        kept.push({ ...statement, body: withoutDead(statement.body) });
        break;
      case 'if': {
        const [then, otherwise] = [withoutDead(statement.then), withoutDead(statement.otherwise)];
        if (then.length === 0 && otherwise.length === 0) release(statement.operands);
        else kept.push({ ...statement, then, otherwise });
        break;
      }
      case 'call':
      case 'branch':
      case 'comment':
        kept.push(statement);
    }
  }
  return kept.reverse();
}

function release(operands: readonly (Local | Constant)[]): void {
  for (const operand of operands) if (operand instanceof Local) operand.uses--;
}

/** Whether the local is all that a statement computes. */
const isOnly = (statement: WasmStatement, local: Local): boolean =>
  (statement.kind === 'operation' && statement.result === local) ||
  (statement.kind === 'call' && statement.results.length === 1 && statement.results[0] === local);

function nest(statements: readonly WasmStatement[]): Tree[] {
  const trees: Tree[] = [];
  let at = statements.length;
  /** The operands, with what can be computed in their place; the list itself where nothing can. */
  const operandsOf = (operands: readonly (Local | Constant)[], depth: number): readonly Argument[] => {
    let taken: Argument[] | undefined;
    if (depth < maxDepth)
      for (let k = operands.length - 1; k >= 0; k--) {
        const operand = operands[k];
        if (!(operand instanceof Local) || operand.uses !== 1 || operand.variable) continue;
        const before = statements[at - 1];
        if (before === undefined || !isOnly(before, operand)) continue;
        at--;
        taken ??= [...operands];
        taken[k] = treeOf(before, depth + 1);
      }
    return taken ?? operands;
  };
  const treeOf = (statement: WasmStatement, depth: number): Tree => {
    switch (statement.kind) {
      case 'operation':
      case 'call':
      case 'set':
      case 'branch': {
        const operands = operandsOf(statement.operands, depth);
        return operands === statement.operands ? statement : { ...statement, operands };
      }
      case 'if': {
        const { then, otherwise } = statement;
        return {
          kind: 'if',
          operands: operandsOf(statement.operands, depth),
          then: nest(then),
          otherwise: nest(otherwise),
        };
      }
      case 'block':
      case 'loop':
        return { ...statement, body: nest(statement.body) };
      case 'comment':
        return statement;
    }
  };
  while (at > 0) {
    const statement = statements[--at];
    if (statement !== undefined) trees.push(treeOf(statement, 0));
  }
  return trees.reverse();
}
