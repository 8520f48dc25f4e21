/** A function as readable text: assignments and nested operations instead of a stack. */
import type { FunctionBuilder, Label } from './function.ts';
import { Local, type Constant } from './operands.ts';
import { resultsOf, treesOf, type Argument, type Tree } from './tree.ts';

/** What names of locals begin with: none can be read as a type, nor as a loop or a value of the kernel's IR. */
const letters = { i32: 'n', i64: 'l', f32: 's', f64: 'd', v128: 'x' } as const;

export function printFunction(builder: FunctionBuilder): string {
  const names = new Map<Local, string>();
  const used = new Set<string>(Object.keys(letters));
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
    `func ${builder.name}(${builder.parameters.map((p) => `${nameOf(p)}: ${p.type}`).join(', ')})${builder.results.length === 0 ? '' : `: ${builder.results.join(', ')}`}`,
  ];
  const print = (trees: readonly Tree[], indent: string): void => {
    for (const tree of trees)
      switch (tree.kind) {
        case 'operation':
        case 'call':
          lines.push(
            `${indent}${resultsOf(tree).length === 0 ? '' : `${resultsOf(tree).map(nameOf).join(', ')} = `}${expression(tree)}`,
          );
          break;
        case 'set':
          lines.push(`${indent}${nameOf(tree.local)} = ${tree.operands.map(argument).join()}`);
          break;
        case 'block':
        case 'loop':
          lines.push(`${indent}${tree.kind} ${labelName(tree.label)}`);
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
            `${indent}${tree.operands.length === 0 ? '' : `if ${tree.operands.map(argument).join()}: `}branch ${labelName(tree.label)}`,
          );
          break;
        case 'comment':
          lines.push(`${indent};; ${tree.text}`);
      }
  };
  print(treesOf(builder), '  ');
  if (builder.returned.length > 0) lines.push(`  return ${builder.returned.map(argument).join(', ')}`);
  return `${lines.join('\n')}\n`;
}

const labelName = ({ kind, id }: Label): string => `${kind === 'loop' ? 'l' : 'b'}${id}`;

function constant({ type, value }: Constant): string {
  if (type !== 'v128') return numberText(value);
  const { buffer } = value.slice();
  const words = [...new Uint32Array(buffer)].map((word) => word.toString(16).padStart(8, '0'));
  if (words.every((word) => word === words[0])) return `i32x4(0x${words[0]})`;
  if (words[0] !== words[2] || words[1] !== words[3]) return `v128(${words.join(' ')})`;
  const [number = NaN] = new Float64Array(buffer);
  // Patterns of bits that would be odd numbers are no numbers.
  return Math.abs(number) > 1e-300 || Object.is(number, -0)
    ? `f64x2(${numberText(number)})`
    : `i64x2(0x${words[1]}${words[0]})`;
}

const numberText = (value: number | bigint): string => (Object.is(value, -0) ? '-0' : String(value));
