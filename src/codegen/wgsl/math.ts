/**
 * A math function as WGSL: the machine that writes a program of `ir/math32` out as a function of a module.
 *
 * The program becomes a graph of operations, equal ones made once, in blocks (`codegen/text/mathGraph.ts`); each operation
 * becomes a `let`, or part of the one expression that uses it. Both arms of a `select` are computed; what a program
 * does rarely is an `if`, entered where some lane needs it. Nothing here is a constant expression of WGSL that is NaN,
 * infinite or out of range: programs make special values of words that depend on the argument.
 */
import { InternalError } from '../../ir/errors.ts';
import type { MathFunction } from '../../ir/math/functions.ts';
import { mathTable32 } from '../../ir/math32/functions.ts';
import type { Lowering32, Machine32 } from '../../ir/math32/machine.ts';
import { atom, binding, form, infix, none, prefix, within, type Write } from '../text/expression.ts';
import { Block, place, unitsInOrder, type Choice, type Node, type Outcome } from '../text/mathGraph.ts';
import { block as braces, render } from '../text/source.ts';
import { WgslStatements } from './mathStatements.ts';

/** Lanes of a value: `f32`, or `vec4<f32>`. */
export type MathWidth = 1 | 4;

/** A piece of a WGSL module, to stand in it once. */
export interface ModuleText {
  readonly name: string;
  readonly text: string;
}

/** A function of one or two values, componentwise, and what the module must have beside it. */
export interface MathText extends ModuleText {
  readonly arity: 1 | 2;
  readonly needs: readonly ModuleText[];
}

const made = new Map<string, MathText>();

/** The function `lz_<name>` of `f32` or `lz_<name>_4` of `vec4<f32>`; made once. Both give the same values. */
export function mathFunctionText(name: MathFunction, width: MathWidth): MathText {
  const title = width === 1 ? `lz_${name}` : `lz_${name}_4`;
  let found = made.get(title);
  if (found === undefined) {
    found = writeMath(title, mathTable32[name], width);
    made.set(title, found);
  }
  return found;
}

/** Any program as a function. */
export function writeMath(title: string, lowering: Lowering32, width: MathWidth): MathText {
  return new MathWriter(width).write(title, lowering);
}

interface Types {
  readonly float: string;
  readonly word: string;
  readonly integer: string;
}

const types: Readonly<Record<MathWidth, Types>> = {
  1: { float: 'f32', word: 'u32', integer: 'i32' },
  4: { float: 'vec4f', word: 'vec4u', integer: 'vec4i' },
};

/** The shortest decimal that reads back as this float32, with the suffix. */
export function floatLiteral(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) throw new InternalError('wgsl', `${value} has no literal`);
  for (let digits = 1; digits <= 9; digits++) {
    const text = String(Number(single.toPrecision(digits)));
    if (Math.fround(Number(text)) === single) return Object.is(single, -0) ? '-0f' : `${text}f`;
  }
  throw new InternalError('wgsl', `${value} is not written with nine digits`);
}

/** Counts in decimal, patterns in hexadecimal digits. */
function wordLiteral(bits: number): string {
  const word = bits >>> 0;
  return word < 256 ? `${word}u` : `0x${word.toString(16)}u`;
}

/** An operator that WGSL never mixes with others without parentheses. */
const apart =
  (operator: string): Write =>
  (x = none, y = none) => ({
    text: `${within(x, binding.atom)} ${operator} ${within(y, binding.atom)}`,
    binding: binding.choice,
  });

const multiplyHighName = (width: MathWidth): string => `lz_multiplyHigh${width === 1 ? '' : '_4'}`;

/** From products of halves of 16 bits, none of whose sums overflows. */
function multiplyHighText(width: MathWidth): ModuleText {
  const { word } = types[width];
  const name = multiplyHighName(width);
  const text = render(
    braces(`fn ${name}(a: ${word}, b: ${word}) -> ${word}`, [
      `let half = ${word}(16u);`,
      `let low = ${word}(0xffffu);`,
      'let cross = (a >> half) * (b & low) + (((a & low) * (b & low)) >> half);',
      'let other = (a & low) * (b >> half) + (cross & low);',
      'return (a >> half) * (b >> half) + (cross >> half) + (other >> half);',
    ]),
  );
  return { name, text };
}

class MathWriter {
  readonly #width: MathWidth;
  readonly #types: Types;
  readonly #known = new Map<string, Node>();
  /** What has been cast to give the key. */
  readonly #casts = new Map<Node, Node>();
  readonly #needs = new Map<string, ModuleText>();
  #next = 0;

  constructor(width: MathWidth) {
    this.#width = width;
    this.#types = types[width];
  }

  write(title: string, lowering: Lowering32): MathText {
    const { float } = this.#types;
    const x = this.#operation('x', [], () => atom('x'));
    const y = this.#operation('y', [], () => atom('y'));
    const root = lowering(this.#machine(), x, y);
    const units = unitsInOrder(root);
    const body = new Block();
    const placement = place(root, units, body);
    const arity = placement.uses.has(y) ? 2 : 1;
    const parameters = (arity === 2 ? ['x', 'y'] : ['x']).map((name) => `${name}: ${float}`);
    const lines = new WgslStatements(placement, this.#width).body(root, units, body);
    const text = render(braces(`fn ${title}(${parameters.join(', ')}) -> ${float}`, lines));
    return { name: title, text, arity, needs: [...this.#needs.values()] };
  }

  #operation(key: string, operands: readonly Node[], write: Write): Node {
    const found = this.#known.get(key);
    if (found !== undefined) return found;
    const node: Node = { kind: 'operation', id: this.#next++, operands, write };
    this.#known.set(key, node);
    return node;
  }

  #literal(text: string, type: string): Node {
    return this.#operation(text, [], () => atom(this.#width === 1 ? text : `${type}(${text})`));
  }

  #constant(value: number): Node {
    const text = floatLiteral(value);
    if (this.#width === 1 && text.startsWith('-'))
      return this.#operation(text, [], () => ({ text, binding: binding.unary }));
    return this.#literal(text, this.#types.float);
  }

  /** The same bits as another type; there and back again is nothing. */
  #cast(x: Node, type: string): Node {
    const before = this.#casts.get(x);
    if (before !== undefined) return before;
    const after = this.#operation(
      `${type} ${x.id}`,
      [x],
      form((value) => `bitcast<${type}>(${value})`),
    );
    this.#casts.set(after, x);
    return after;
  }

  #rarely(condition: Node, usual: readonly Node[], exception: () => readonly Node[]): readonly Node[] {
    const choice: Choice = { kind: 'choice', condition, rare: true, outcomes: [] };
    const exceptional = exception();
    return usual.map((otherwise, k) => {
      const then = exceptional[k] ?? otherwise;
      const outcome: Outcome = { kind: 'outcome', id: this.#next++, choice, then, otherwise };
      choice.outcomes.push(outcome);
      return outcome;
    });
  }

  #select(condition: Node, then: Node, otherwise: Node): Node {
    if (then === otherwise) return then;
    return this.#operation(
      `select ${condition.id} ${then.id} ${otherwise.id}`,
      [otherwise, then, condition],
      (...operands) => atom(`select(${operands.map(({ text }) => text).join(', ')})`),
    );
  }

  #machine(): Machine32<Node, Node, Node> {
    const { float, word, integer } = this.#types;
    const one = (name: string, write: Write) => (x: Node) => this.#operation(`${name} ${x.id}`, [x], write);
    const two = (name: string, write: Write) => (x: Node, y: Node) =>
      this.#operation(`${name} ${x.id} ${y.id}`, [x, y], write);
    const call = (name: string): Write => form((x) => `${name}(${x})`);
    const multiplyHigh = two(
      'multiplyHigh',
      form((a, b) => `${multiplyHighName(this.#width)}(${a}, ${b})`),
    );
    return {
      constant: (value) => this.#constant(value),
      word: (bits) => this.#literal(wordLiteral(bits), word),
      add: two('+', infix('+', binding.sum)),
      subtract: two('-', infix('-', binding.sum)),
      multiply: two('*', infix('*', binding.product)),
      divide: two('/', infix('/', binding.product)),
      sqrt: one('sqrt', call('sqrt')),
      negate: one('negate', prefix('-')),
      abs: one('abs', call('abs')),
      floor: one('floor', call('floor')),
      nearest: one('round', call('round')),
      bitsOf: (x) => this.#cast(x, word),
      ofBits: (bits) => this.#cast(bits, float),
      wordOf: one(
        'integer',
        form((x) => `bitcast<${word}>(${integer}(${x}))`),
      ),
      numberOf: one('number', call(float)),
      addWords: two('+u', infix('+', binding.sum)),
      subtractWords: two('-u', infix('-', binding.sum)),
      multiplyWords: two('*u', infix('*', binding.product)),
      multiplyHigh: (a, b) => {
        this.#needs.set('multiplyHigh', multiplyHighText(this.#width));
        return multiplyHigh(a, b);
      },
      andWords: two('&', apart('&')),
      orWords: two('|', apart('|')),
      xorWords: two('^', apart('^')),
      shiftLeft: two('<<', apart('<<')),
      shiftRight: two('>>', apart('>>')),
      less: two('<', infix('<', binding.relation)),
      lessWord: two('<u', infix('<', binding.relation)),
      equalWord: two('==', infix('==', binding.equality)),
      and: two('and', apart('&')),
      or: two('or', apart('|')),
      not: one('not', prefix('!')),
      select: (condition, then, otherwise) => this.#select(condition, then, otherwise),
      selectWord: (condition, then, otherwise) => this.#select(condition, then, otherwise),
      rarely: (condition, usual, exception) => this.#rarely(condition, usual, exception),
    };
  }
}
