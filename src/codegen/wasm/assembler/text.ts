/** A function as text for people: assignments and nested operations instead of a stack. */
import { Local, type Constant, type FunctionBuilder } from './function.ts';
import { treesOf, type Argument, type Tree } from './tree.ts';

const letters = { i32: 'i', i64: 'l', f32: 'f', f64: 'd', v128: 'v' } as const;

export function printFunction(builder: FunctionBuilder): string {
  const names = new Map<Local, string>();
  const used = new Set<string>();
  const nameOf = (local: Local): string => {
    let name = names.get(local);
    if (name === undefined) {
      const wanted = local.name ?? `${letters[local.type]}${names.size}`;
      name = used.has(wanted) ? `${wanted}_${names.size}` : wanted;
      used.add(name);
      names.set(local, name);
    }
    return name;
  };
  const argument = (value: Argument): string =>
    value instanceof Local ? nameOf(value) : 'kind' in value ? expression(value) : constant(value);
  const list = (values: readonly Argument[], offset: number): string => {
    const [address, ...rest] = values.map(argument);
    const first = address === undefined ? [] : [offset === 0 ? address : `${address} + ${offset}`];
    return [...first, ...rest].join(', ');
  };
  const expression = (tree: Tree): string => {
    if (tree.kind === 'call') return `${tree.callee}(${list(tree.operands, 0)})`;
    if (tree.kind !== 'operation') return '';
    const memory = /load|store/.test(tree.name);
    const lanes = memory ? tree.immediate.slice(1) : tree.immediate;
    const suffix = lanes.length === 0 ? '' : `[${lanes.join(' ')}]`;
    return `${tree.name}${suffix}(${list(tree.operands, memory ? (tree.immediate[0] ?? 0) : 0)})`;
  };
  const lines: string[] = [
    `func ${builder.name}(${builder.parameters.map((p) => `${nameOf(p)}: ${p.type}`).join(', ')})${builder.result === undefined ? '' : `: ${builder.result}`}`,
  ];
  const print = (trees: readonly Tree[], indent: string): void => {
    for (const tree of trees)
      switch (tree.kind) {
        case 'operation':
        case 'call':
          lines.push(
            `${indent}${tree.result === undefined ? '' : `${nameOf(tree.result)} = `}${expression(tree)}`,
          );
          break;
        case 'set':
          lines.push(`${indent}${nameOf(tree.local)} = ${tree.operands.map(argument).join()}`);
          break;
        case 'block':
        case 'loop':
          lines.push(`${indent}${tree.kind} ${tree.kind[0]}${tree.label.id}`);
          print(tree.body, `${indent}  `);
          break;
        case 'if':
          lines.push(`${indent}if ${tree.operands.map(argument).join()}`);
          print(tree.then, `${indent}  `);
          if (tree.otherwise.length > 0) {
            lines.push(`${indent}else`);
            print(tree.otherwise, `${indent}  `);
          }
          break;
        case 'branch':
          lines.push(
            `${indent}${tree.operands.length === 0 ? '' : `if ${tree.operands.map(argument).join()}: `}branch ${tree.label.id}`,
          );
          break;
        case 'comment':
          lines.push(`${indent};; ${tree.text}`);
      }
  };
  print(treesOf(builder), '  ');
  if (builder.returned !== undefined) lines.push(`  return ${argument(builder.returned)}`);
  return `${lines.join('\n')}\n`;
}

function constant({ type, value }: Constant): string {
  if (type !== 'v128') return Object.is(value, -0) ? '-0' : String(value);
  const numbers = new Float64Array(value.slice().buffer);
  const words = new Uint32Array(value.slice().buffer);
  const hex = [...words].map((word) => word.toString(16).padStart(8, '0'));
  return numbers[0] === numbers[1] && Math.abs(numbers[0] ?? 0) > 1e-300
    ? `f64x2(${numbers[0]})`
    : hex.every((word) => word === hex[0])
      ? `i32x4(0x${hex[0]})`
      : `v128(${hex.join(' ')})`;
}
