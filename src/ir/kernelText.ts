/**
 * Kernel IR as readable text. Equal kernels print equally, so the text is also the key of the kernel cache, and it
 * is what golden tests hold.
 */
import type {
  Accumulator,
  GatherTerm,
  Kernel,
  KernelIndex,
  KernelInt,
  KernelRange,
  KernelValue,
  Loops,
  RoutineCall,
  Step,
} from './kernel.ts';
import { extentOf, hoistedIn, insideOf, turnOf, valueOf } from './nest.ts';
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

const ranges = (guard: readonly KernelRange[]): string =>
  guard.map((range) => `0 <= ${index(range.index)} < ${int(range.size)}`).join(' and ');

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
  const places = (gathers: readonly GatherTerm[]): string =>
    gathers.map((g) => ` + at(${name(g.value)} < ${int(g.size)}, axis ${g.axis})*${int(g.stride)}`).join('');
  const right = (value: KernelValue, id: number): string => {
    switch (value.kind) {
      case 'constant':
      case 'scalar':
      case 'result':
        return immediate(value, id);
      case 'index':
        return `${value.dtype}(${index(value.index)})`;
      case 'load': {
        const place = `b${value.buffer}[${index(value.index)}${places(value.gathers)}]`;
        return value.guard === undefined ? place : `${place} if ${ranges(value.guard)}`;
      }
      case 'pad':
        return `${name(value.value)} if ${ranges(value.guard)} else ${name(value.fill)}`;
      case 'op':
        return `${value.op}.${value.operand}(${value.args.map(name).join(', ')})`;
      case 'cast':
        return `${value.dtype}(${name(value.arg)})`;
    }
  };
  const taking = ({ op, dtype, element, value }: Accumulator): string =>
    `${op}.${dtype}(${name(value)}${element === dtype ? '' : `: ${element}`})`;
  const lines = [`${kernel.wide === true ? 'wide ' : ''}kernel ${head}`];
  const loop = (axis: number): string => `i${axis} < ${int(extentOf(kernel, axis))}`;
  const print = (steps: readonly Step[], indent: string): void => {
    for (const step of steps)
      switch (step.kind) {
        case 'let': {
          const value = valueOf(kernel, step.value);
          lines.push(`${indent}v${step.value} = ${right(value, step.value)}`);
          break;
        }
        case 'store': {
          const { gathers, op } = step.scatter ?? { gathers: [], op: 'set' };
          const combining = op === 'set' ? '' : `${op} `;
          const place = `b${step.buffer}[${index(step.index)}${places(gathers)}]`;
          lines.push(`${indent}${place} = ${combining}${name(step.value)}`);
          break;
        }
        case 'walk':
          nested('row', step, indent);
          break;
        case 'reduce':
          lines.push(`${indent}reduce ${step.axes.map(loop).join(', ')} ${step.schedule}`);
          print(step.body, `${indent}  `);
          for (const a of step.accumulators) lines.push(`${indent}  r${a.id} = ${taking(a)}`);
          break;
        case 'scan':
          lines.push(`${indent}scan ${step.axes.map(loop).join(', ')}`);
          for (const part of turnOf(step, kernel)) {
            print(part.lines, `${indent}  `);
            for (const a of part.takes)
              lines.push(`${indent}  r${a.id} = ${a.exclusive ? 'before ' : ''}${taking(a)}`);
          }
      }
  };
  const nested = (word: string, loops: Loops<Step>, indent: string): void => {
    const [axis] = loops.axes;
    if (axis === undefined) {
      print(loops.body, indent);
      return;
    }
    lines.push(`${indent}${word} ${loop(axis)}`);
    print(hoistedIn(loops), `${indent}  `);
    nested(word, insideOf(loops), `${indent}  `);
  };
  for (const step of kernel.before)
    if (step.kind === 'walk') nested('table', step, '  ');
    else print([step], '  ');
  nested('parallel', kernel.points, '  ');
  return `${lines.join('\n')}\n`;
}
