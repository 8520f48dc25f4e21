/**
 * A math function as JavaScript: the machine that writes a program of `ir/math` out as one standalone function.
 *
 * The program becomes a graph of operations, equal ones made once (`mathGraph.ts`), and that becomes statements
 * (`mathStatements.ts`). The operations are those of the number machine, in the same order, hence so are the bits.
 */
import type { Lowering, Machine, Table } from '../../ir/math/machine.ts';
import { mathTable, type MathFunction } from '../../ir/math/functions.ts';
import { numberMachine } from '../../ir/math/numberMachine.ts';
import { functionOf } from './compile.ts';
import { atom, binding, form, infix, none, number, prefix, within, type Write } from '../text/expression.ts';
import {
  Block,
  mergeChoices,
  place,
  unitsInOrder,
  type Choice,
  type Node,
  type Outcome,
} from '../text/mathGraph.ts';
import { StatementWriter } from './mathStatements.ts';
import { block as braces, Closure, render, type Code } from '../text/source.ts';

/** A generated function of one or two numbers; float32 ones give what `Math.fround` then rounds. */
export interface MathCode {
  readonly name: string;
  readonly run: (x: number, y: number) => number;
  /** The generated program as text. */
  readonly code: string;
}

const made = new Map<string, MathCode>();

/** The code of a function of the table for float64, or for float32 (`single`); made once. */
export function mathCode(name: MathFunction, single: boolean): MathCode {
  const title = single ? `${name}32` : name;
  let found = made.get(title);
  if (found === undefined) {
    found = compileMath(title, mathTable[name], single);
    made.set(title, found);
  }
  return found;
}

export function compileMath(title: string, lowering: Lowering, single: boolean): MathCode {
  const writer = new MathWriter(single);
  const code = render(writer.write(title, lowering));
  return { name: title, code, run: functionOf<MathCode['run']>(`return ${code}`, writer.closure) };
}

/** Which word of a float64 has the sign; the other is `1 - high`. */
const high = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const sharedNumber = new Float64Array(1);
const sharedWords = new Uint32Array(sharedNumber.buffer);

/** What sign and exponent bits alone make: powers of two, positive ones first, with 0 and Infinity at the ends. */
const powersOfTwo = Float64Array.from({ length: 4096 }, (_, bits) => {
  sharedWords[high] = bits << 20;
  sharedWords[1 - high] = 0;
  return sharedNumber[0] ?? 0;
});

const doubles = numberMachine(false);
const nearest = (x: number): number => doubles.nearest(x);

class MathWriter {
  readonly closure = new Closure();
  readonly #single: boolean;
  /** Operations by what they compute, innermost exception last: what one made is unknown outside. */
  readonly #known: Map<string, Node>[] = [new Map<string, Node>()];
  /** Magnitudes, which have no sign to take away. */
  readonly #sizes = new Set<Node>();
  readonly #constants = new Map<Node, number>();
  #next = 0;

  constructor(single: boolean) {
    this.#single = single;
  }

  write(title: string, lowering: Lowering): Code {
    const parameters = ['x', 'y'].map((name) => this.#operation(name, [], () => atom(name)));
    const [x, y] = parameters;
    if (x === undefined || y === undefined) return [];
    const root = lowering(this.#machine(), x, y);
    mergeChoices(unitsInOrder(root), place(root, unitsInOrder(root), new Block()));
    const units = unitsInOrder(root);
    const body = new Block();
    const placement = place(root, units, body);
    const lines = new StatementWriter(placement, root, units).body(root, units, body);
    return braces(`function ${title}(${placement.uses.has(y) ? 'x, y' : 'x'})`, lines);
  }

  #operation(key: string, operands: readonly Node[], write: Write): Node {
    for (const known of this.#known) {
      const found = known.get(key);
      if (found !== undefined) return found;
    }
    return this.#remember(key, { kind: 'operation', id: this.#next++, operands, write });
  }

  #remember(key: string, node: Node): Node {
    this.#known.at(-1)?.set(key, node);
    return node;
  }

  #constant(value: number): Node {
    const node = this.#operation(`constant ${Object.is(value, -0) ? '-0' : value}`, [], () => number(value));
    this.#constants.set(node, value);
    return node;
  }

  #abs(x: Node): Node {
    if (this.#sizes.has(x)) return x;
    const size = this.#operation(`abs ${x.id}`, [x], (value = none) => atom(`Math.abs(${value.text})`));
    this.#sizes.add(size);
    return size;
  }

  #outcome(choice: Choice, then: Node, otherwise: Node): Node {
    const outcome: Outcome = { kind: 'outcome', id: this.#next++, choice, then, otherwise };
    choice.outcomes.push(outcome);
    return outcome;
  }

  #select(condition: Node, then: Node, otherwise: Node): Node {
    if (then === otherwise) return then;
    const key = `select ${condition.id} ${then.id} ${otherwise.id}`;
    const known = this.#known.find((map) => map.has(key))?.get(key);
    if (known !== undefined) return known;
    const choice: Choice = { kind: 'choice', condition, rare: false, outcomes: [] };
    return this.#remember(key, this.#outcome(choice, then, otherwise));
  }

  #rarely(condition: Node, usual: readonly Node[], exception: () => readonly Node[]): readonly Node[] {
    const choice: Choice = { kind: 'choice', condition, rare: true, outcomes: [] };
    this.#known.push(new Map());
    const exceptional = exception();
    this.#known.pop();
    return usual.map((value, k) => this.#outcome(choice, exceptional[k] ?? value, value));
  }

  #machine(): Machine<Node, Node> {
    const { closure } = this;
    const one = (name: string, write: Write) => (x: Node) => this.#operation(`${name} ${x.id}`, [x], write);
    const two = (name: string, write: Write) => (x: Node, y: Node) =>
      this.#operation(`${name} ${x.id} ${y.id}`, [x, y], write);
    const call = (name: string): Write => form((x) => `${name}(${x})`);
    // The words of a number, after `number[0] = x`.
    const set = (x: string): string => `${closure.use('number', sharedNumber)}[0] = ${x}`;
    const highWord = (): string => `${closure.use('words', sharedWords)}[${high}]`;
    const lowWord = (): string => `${closure.use('words', sharedWords)}[${1 - high}]`;
    const powers = (index: string): string => `${closure.use('powers', powersOfTwo)}[${index}]`;
    const negative = (x: string): string => `(${set(x)}, ${highWord()} >>> 31 === 1)`;
    const machine: Machine<Node, Node> = {
      single: this.#single,
      constant: (value) => this.#constant(value),
      add: two('add', infix('+', binding.sum)),
      subtract: two('subtract', infix('-', binding.sum)),
      multiply: two('multiply', infix('*', binding.product)),
      divide: two('divide', infix('/', binding.product)),
      sqrt: one('sqrt', call('Math.sqrt')),
      negate: one('negate', prefix('-')),
      abs: (x) => this.#abs(x),
      floor: one('floor', call('Math.floor')),
      nearest: one(
        'nearest',
        form((x) => `${closure.use('nearest', nearest)}(${x})`),
      ),
      copySign: two('copySign', (x = none, sign = none) => ({
        text: `(${negative(sign.text)} ? -1 : 1) * Math.abs(${x.text})`,
        binding: binding.product,
      })),
      less: two('less', infix('<', binding.relation)),
      lessEqual: two('lessEqual', infix('<=', binding.relation)),
      equal: two('equal', infix('===', binding.equality)),
      signBit: one('signBit', form(negative)),
      and: two('and', infix('&&', binding.and)),
      or: two('or', infix('||', binding.or)),
      not: one('not', prefix('!')),
      select: (condition, then, otherwise) => this.#select(condition, then, otherwise),

      // To write one word of a number and read the whole stalls processors, so that the usual cases are arithmetic.
      highHalf: (x) => {
        const known = this.#constants.get(x);
        if (known !== undefined) return machine.constant(doubles.highHalf(known));
        return machine.select(
          machine.lessEqual(machine.constant(2 ** -970), machine.abs(x)),
          two(
            'usual high half',
            form(
              (value, again) =>
                `(${set(value)}, ${again} - ${lowWord()} * ${powers(`(${highWord()} >>> 20) - 52`)})`,
            ),
          )(x, x),
          one(
            'any high half',
            form((value) => `(${set(value)}, ${lowWord()} = 0, number[0])`),
          )(x),
        );
      },
      exponent: one(
        'exponent',
        form((x) => `(${set(x)}, (${highWord()} >>> 20 & 0x7ff) - 1023)`),
      ),
      significand: (x) => {
        const size = machine.abs(x);
        return machine.select(
          machine.and(
            machine.lessEqual(machine.constant(2 ** -1022), size),
            machine.less(size, machine.constant(2 ** 1023)),
          ),
          machine.multiply(size, machine.powerOfTwo(machine.negate(machine.exponent(x)))),
          one(
            'any significand',
            form(
              (value) => `(${set(value)}, ${highWord()} = ${highWord()} & 0xfffff | 0x3ff00000, number[0])`,
            ),
          )(x),
        );
      },
      powerOfTwo: one('powerOfTwo', (n = none) => atom(powers(`${within(n, binding.sum)} + 1023 & 4095`))),
      lookup: (table: Table, index) =>
        this.#operation(`${table.name} ${index.id}`, [index], (at = none) =>
          atom(
            `${closure.use(table.name, table.values)}[${within(at, binding.relation)} & ${table.values.length - 1}]`,
          ),
        ),
      rarely: (condition, usual, exception) => this.#rarely(condition, usual, exception),
    };
    return machine;
  }
}
