/**
 * Kernel IR as readable text. Equal kernels print equally, so the text is also the key of the kernel cache, and it
 * is what golden tests hold.
 */
import type { Kernel, KernelIndex, KernelInt, KernelValue, RoutineCall, Statement } from './kernel.ts';
import { routineRow } from './routines/table.ts';
import { settingsText } from './schema.ts';

const int = (value: KernelInt): string =>
  'literal' in value ? String(value.literal) : `p${value.parameter}`;

function index({ offset, terms }: KernelIndex): string {
  const parts = terms.map(({ axis, stride }) =>
    int(stride) === '1' ? `i${axis}` : `i${axis}*${int(stride)}`,
  );
  if (int(offset) !== '0') parts.unshift(int(offset));
  return parts.length === 0 ? '0' : parts.join(' + ');
}

function immediate(value: KernelValue | undefined, id: number): string {
  if (value === undefined) return `v${id}`;
  switch (value.kind) {
    case 'constant':
      return `${Object.is(value.value, -0) ? '-0' : String(value.value)}:${value.dtype}`;
    case 'scalar':
      return `c${value.slot}`;
    case 'result':
      return `r${value.accumulator}`;
    default:
      return `v${id}`;
  }
}

function callText({ routine, settings, results, batchAxes }: RoutineCall): string {
  const stored = routineRow(routine).results.length === 1 ? '' : `, results ${results.join(' and ')}`;
  return `${routine}${settingsText(settings)}${stored}, ${batchAxes} batch axes`;
}

export function printKernel(kernel: Kernel): string {
  const buffers = kernel.buffers.map(({ dtype, role }, k) => `b${k}: ${role} ${dtype}`).join(', ');
  const scalars = kernel.scalars.map((dtype, k) => `c${k}: ${dtype}`).join(', ');
  const head = `(${[buffers, scalars].filter((part) => part !== '').join('; ')}; ${kernel.integers} integers)`;
  if (kernel.kind === 'call') return `call ${callText(kernel)} ${head}\n`;
  const { values } = kernel;
  const name = (id: number): string => immediate(values[id], id);
  const right = (value: KernelValue, id: number): string => {
    switch (value.kind) {
      case 'constant':
      case 'scalar':
      case 'result':
        return immediate(value, id);
      case 'index':
        return `${value.dtype}(${index(value.index)})`;
      case 'load': {
        const gathers = value.gathers
          .map((g) => ` + at(${name(g.value)} < ${int(g.size)})*${int(g.stride)}`)
          .join('');
        return `b${value.buffer}[${index(value.index)}${gathers}]`;
      }
      case 'op':
        return `${value.op}.${value.operand}(${value.args.map(name).join(', ')})`;
      case 'cast':
        return `${value.dtype}(${name(value.arg)})`;
    }
  };
  const lines = [`${kernel.wide === true ? 'wide ' : ''}kernel ${head}`];
  const print = (statements: readonly Statement[], indent: string): void => {
    for (const statement of statements) {
      switch (statement.kind) {
        case 'let': {
          const value = values[statement.value];
          if (value !== undefined)
            lines.push(`${indent}v${statement.value} = ${right(value, statement.value)}`);
          break;
        }
        case 'store':
          lines.push(`${indent}b${statement.buffer}[${index(statement.index)}] = ${name(statement.value)}`);
          break;
        case 'loop': {
          const axis = kernel.axes[statement.axis];
          if (axis !== undefined)
            lines.push(`${indent}${axis.role} i${statement.axis} < ${int(axis.extent)}`);
          print(statement.body, `${indent}  `);
          break;
        }
        case 'reduce': {
          const extents = statement.axes.map((axis) => {
            const { extent } = kernel.axes[axis] ?? { extent: { literal: 1 } };
            return `i${axis} < ${int(extent)}`;
          });
          lines.push(`${indent}reduce ${extents.join(', ')} ${statement.schedule}`);
          print(statement.body, `${indent}  `);
          for (const a of statement.accumulators)
            lines.push(
              `${indent}  r${a.id} = ${a.op}.${a.dtype}(${name(a.value)}${a.element === a.dtype ? '' : `: ${a.element}`})`,
            );
          break;
        }
      }
    }
  };
  print(kernel.body, '  ');
  return `${lines.join('\n')}\n`;
}
