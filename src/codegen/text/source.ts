/**
 * Generated JavaScript before it is text: lines, and nested lists of lines that are indented one step further.
 *
 * Also the two things generated code is made of besides operators: literals, and names of functions and arrays that
 * the generated function closes over (`Closure`).
 */
import { InternalError } from '../../ir/errors.ts';
import { isBigint, type DType, type Scalar } from '../../ir/dtype.ts';

export type Code = readonly (string | Code)[];

export function render(code: Code, indent = ''): string {
  return code
    .map((part) => (typeof part === 'string' ? `${indent}${part}\n` : render(part, `${indent}  `)))
    .join('');
}

export const block = (head: string, body: Code): Code => [head === '' ? '{' : `${head} {`, body, '}'];

/** An element of `dtype` as a JS expression; bools are JS booleans in generated code. */
export function literal(dtype: DType, value: Scalar): string {
  if (dtype === 'bool') return Number(value) !== 0 ? 'true' : 'false';
  if (isBigint(dtype)) return parenthesize(`${BigInt(value)}n`);
  const number = dtype === 'float32' ? Math.fround(Number(value)) : Number(value);
  return parenthesize(Object.is(number, -0) ? '-0' : String(number));
}

/** An expression as the whole right side of an assignment: without parentheses around all of it. */
export function bare(expression: string): string {
  if (!expression.startsWith('(')) return expression;
  let depth = 0;
  for (let k = 0; k < expression.length - 1; k++) {
    if (expression[k] === '(') depth++;
    else if (expression[k] === ')') depth--;
    if (depth === 0) return expression;
  }
  return expression.slice(1, -1);
}

/** `-x` after a minus sign or before a method call would read differently. */
const parenthesize = (text: string): string => (text.startsWith('-') ? `(${text})` : text);

/** Named values that generated code refers to: they become the parameters of the function that makes the kernel. */
export class Closure {
  readonly values = new Map<string, unknown>();
  /** Which of them are math functions. */
  readonly mathFunctions = new Set<string>();

  /** Makes `value` known as `name`, and returns the name. */
  use(name: string, value: unknown): string {
    const known = this.values.get(name);
    if (known !== undefined && known !== value)
      throw new InternalError('js', `two values are called ${name}`);
    this.values.set(name, value);
    return name;
  }

  useMath(name: string, run: (x: number, y: number) => number): string {
    this.mathFunctions.add(name);
    return this.use(name, run);
  }
}
