/**
 * Prints a graph as the program that builds it with the public functions: one expression where nothing is shared,
 * else a line per shared node. What a counterexample looks like, and something to paste into a file and run.
 */
import { weakDType, type DType, type Scalar } from '../../src/ir/dtype.ts';
import { isArg } from '../../src/ir/monoids.ts';
import { topologicalOrder, type Node, type ViewNode } from '../../src/ir/node.ts';

/** Lines of declarations, then one expression: the root, or the list of roots. */
export function show(roots: readonly Node[]): string {
  const { lines, expression } = program(roots);
  return [...lines, expression].join('\n');
}

/** The same as the body of a function of `lz`. */
export function body(roots: readonly Node[]): string {
  const { lines, expression } = program(roots);
  return [...lines, `return ${expression};`].join('\n');
}

function program(roots: readonly Node[]): { readonly lines: readonly string[]; readonly expression: string } {
  const order = topologicalOrder(roots);
  const uses = new Map<Node, number>();
  for (const node of order) for (const input of node.inputs) uses.set(input, (uses.get(input) ?? 0) + 1);
  for (const root of roots) uses.set(root, (uses.get(root) ?? 0) + 1);
  const text = new Map<Node, string>();
  const lines: string[] = [];
  const of = (node: Node): string => text.get(node) ?? '?';
  for (const node of order) {
    const written = expressionOf(node, of);
    // A name for what is used twice, and for what would make a line too long to read.
    if ((uses.get(node) ?? 0) > 1 || (written.length > 300 && !roots.includes(node))) {
      const name = `x${lines.length}`;
      lines.push(`const ${name} = ${written};`);
      text.set(node, name);
    } else text.set(node, written);
  }
  const results = roots.map(of);
  return { lines, expression: results.length === 1 ? results.join('') : `[${results.join(', ')}]` };
}

function expressionOf(node: Node, of: (node: Node) => string): string {
  const [first, ...rest] = node.inputs;
  const x = first === undefined ? '' : of(first);
  switch (node.kind) {
    case 'data':
      return showData(node);
    case 'parameter':
      return `${node.role}${node.slot}`;
    case 'constant':
      return `lz.full([], ${scalar(node.value, node.dtype)}, { dtype: '${node.dtype}' })`;
    case 'iota':
      return `lz.arange(${node.shape.join('')}, { dtype: '${node.dtype}' })`;
    case 'map': {
      const args = rest.map((input) => operand(input, first, node.op, of));
      if (node.op === 'where') return `lz.where(${[x, ...args].join(', ')})`;
      return `${x}.${node.op}(${args.join(', ')})`;
    }
    case 'cast':
      return `${x}.astype('${node.dtype}')`;
    case 'reshape':
    case 'permute':
    case 'broadcast':
    case 'slice':
      return `${x}.${showView(node)}`;
    case 'window':
      return `window(${x}, ${node.axis}, [${node.shape.join(', ')}], [${node.steps.join(', ')}])`;
    case 'pad':
      return `pad(${x}, ${rest.map(of).join('')}, [${node.shape.join(', ')}], [${node.before.join(', ')}])`;
    case 'reduce': {
      if (isArg(node.op)) return `${x}.${node.op}(${node.axes.join(', ')})`;
      const dtype = node.op === 'sum' || node.op === 'prod' ? `, { dtype: '${node.dtype}' }` : '';
      return `${x}.${node.op}([${node.axes.join(', ')}]${dtype})`;
    }
    case 'scan':
      return `scan('${node.op}', ${x}, ${node.axis}, ${node.exclusive}, '${node.dtype}')`;
    case 'concat':
      return `lz.concat([${node.inputs.map(of).join(', ')}], ${node.axis})`;
    case 'gather':
      if (node.axes.length > 1)
        return `gather(${x}, [${rest.map(of).join(', ')}], [${node.axes.join(', ')}])`;
      return `${x}.take(${rest.map(of).join('')}, ${node.axes.join(', ')})`;
    case 'scatter':
      return `scatter('${node.op}', ${[x, ...rest.map(of)].join(', ')}, [${node.axes.join(', ')}])`;
    case 'routine':
      return `${x}.${node.routine}(${rest.map(of).join(', ')})${node.result === 0 ? '' : `[${node.result}]`}`;
  }
}

/** A constant beside an array is a plain JS number where that means the same. */
function operand(node: Node, beside: Node | undefined, op: string, of: (node: Node) => string): string {
  if (
    node.kind !== 'constant' ||
    beside === undefined ||
    beside.kind === 'constant' ||
    op === 'pow' ||
    op === 'where'
  )
    return of(node);
  const weak = node.dtype === 'bool' ? node.value !== 0 : node.value;
  return beside.dtype === node.dtype && weakDType(weak, beside.dtype) === node.dtype
    ? scalar(node.value, node.dtype)
    : of(node);
}

function showData({ source, dtype, shape }: Extract<Node, { kind: 'data' }>): string {
  const values = Array.from(source.values as ArrayLike<Scalar>, (value) => scalar(value, 'float64')).join(
    ', ',
  );
  const options: string[] = [];
  if (dtype === 'bool') options.push("dtype: 'bool'");
  if (shape.length !== 1) options.push(`shape: [${shape.join(', ')}]`);
  return `lz.array(${source.values.constructor.name}.of(${values})${options.length === 0 ? '' : `, { ${options.join(', ')} }`})`;
}

function showView(node: Exclude<ViewNode, { kind: 'window' }>): string {
  switch (node.kind) {
    case 'reshape':
      return `reshape([${node.shape.join(', ')}])`;
    case 'permute':
      return `permuteDims([${node.axes.join(', ')}])`;
    case 'broadcast':
      return `broadcastTo([${node.shape.join(', ')}])`;
    case 'slice':
      return `slice(${node.starts.map((start, axis) => range(start, node.steps[axis] ?? 1, node.shape[axis] ?? 0)).join(', ')})`;
  }
}

/** Start, stop and step as Python means them; a backward range that reaches the front has no stop. */
function range(start: number, step: number, count: number): string {
  if (count === 0) return '[0, 0]';
  const stop = start + count * step;
  return `[${start}, ${stop < 0 ? 'null' : stop}, ${step}]`;
}

function scalar(value: Scalar, dtype: DType): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (dtype === 'bool') return value === 0 ? 'false' : 'true';
  return Object.is(value, -0) ? '-0' : String(value);
}
