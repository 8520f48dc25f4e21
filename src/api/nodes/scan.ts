/** Scans as nodes: the running results of any reduction along one axis. */
import { computeDType, indexDType, type ComputeDType, type DType } from '../../ir/dtype.ts';
import { isArg, ofBool, type Reduction } from '../../ir/monoids.ts';
import { scan, slice, type Node } from '../../ir/node.ts';
import { normalizeAxis } from '../../ir/shape.ts';
import { castTo } from './elementwise.ts';
import { elementDType } from './reduce.ts';

export interface ScanSettings {
  readonly axis?: number;
  /** Each element is the result of those before it: the first one that of none. */
  readonly exclusive?: boolean;
  /** From the last element to the first. */
  readonly reverse?: boolean;
  /** Of sums and products: the dtype of the results. */
  readonly dtype?: DType | undefined;
}

/** What the reduction makes of the elements up to each one. Positions count from where the scan begins. */
export function running(op: Reduction, node: Node, settings: ScanSettings): Node {
  const axis = normalizeAxis(op, settings.axis ?? -1, node.shape.length);
  const exclusive = settings.exclusive ?? false;
  const scanned = (x: Node): Node => {
    if (isArg(op)) {
      const comparable: ComputeDType = x.dtype === 'bool' ? 'uint8' : computeDType(x.dtype);
      return scan(op, castTo(x, comparable), axis, exclusive, indexDType(x.shape[axis] ?? 0));
    }
    const dtype = elementDType(op, x, { dtype: settings.dtype });
    const computed = computeDType(dtype);
    const row = dtype === 'bool' ? ofBool(op) : op;
    return castTo(scan(row, castTo(x, computed), axis, exclusive, computed), dtype);
  };
  return settings.reverse === true ? reversed(scanned(reversed(node, axis)), axis) : scanned(node);
}

function reversed(node: Node, axis: number): Node {
  const { shape } = node;
  const size = shape[axis] ?? 0;
  if (size <= 1) return node;
  return slice(
    node,
    shape,
    shape.map((_, k) => (k === axis ? size - 1 : 0)),
    shape.map((_, k) => (k === axis ? -1 : 1)),
  );
}
