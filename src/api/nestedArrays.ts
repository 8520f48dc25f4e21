/** Nested lists with arrays among their entries, read as one array: the entries are stacked. */
import { describe } from '../ir/arguments.ts';
import { DataError, ShapeError } from '../ir/errors.ts';
import type { Node } from '../ir/node.ts';
import { formatShape, sameShape } from '../ir/shape.ts';
import { isArray, nodeOf } from './anyArray.ts';
import { isTypedArray, isWeakScalar, maxDepth, readLiteral, tooDeep } from './literal.ts';
import { promoteNodes, weakConstant } from './nodes/elementwise.ts';
import { stack } from './nodes/join.ts';
import { dataNode } from './operand.ts';

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** Whether there is an array or typed array among the entries of nested lists, which may contain themselves. */
export function hasArrays(list: readonly unknown[], seen = new Set<unknown>()): boolean {
  if (seen.has(list)) return false;
  seen.add(list);
  return list.some(
    (entry) => isArray(entry) || isTypedArray(entry) || (isList(entry) && hasArrays(entry, seen)),
  );
}

/** Scalars take the dtype of the arrays. Throws a `ShapeError` for entries of different shapes. */
export function stackLists(operation: string, list: readonly unknown[]): Node {
  const arrays: Node[] = [];
  const collect = (entry: unknown, depth: number): unknown => {
    if (isList(entry)) {
      if (depth === maxDepth) throw tooDeep(operation);
      return entry.map((inner) => collect(inner, depth + 1));
    }
    if (isWeakScalar(entry)) return entry;
    if (!isArray(entry) && !isTypedArray(entry))
      throw new DataError(
        operation,
        `${describe(entry)} is neither an array nor a number, a bigint or a boolean`,
      );
    const node = isArray(entry) ? nodeOf(entry) : dataNode(readLiteral(operation, entry, undefined));
    arrays.push(node);
    return node;
  };
  const entries = collect(list, 0);
  const dtype = promoteNodes(arrays);
  const joined = (entry: unknown, position: readonly number[]): Node => {
    if (isWeakScalar(entry)) return weakConstant(operation, entry, dtype);
    if (!isList(entry)) return entry as Node;
    const nodes = entry.map((inner, k) => joined(inner, [...position, k]));
    const [first] = nodes;
    const odd = nodes.findIndex(({ shape }) => first !== undefined && !sameShape(shape, first.shape));
    if (first !== undefined && odd >= 0)
      throw new ShapeError(
        operation,
        `[${[...position, 0].join(', ')}] has shape ${formatShape(first.shape)}, [${[...position, odd].join(', ')}] ${formatShape(nodes[odd]?.shape ?? [])}; arrays in a list need the same shape`,
      );
    return stack(nodes, 0, operation);
  };
  return joined(entries, []);
}
