/**
 * A math function as JavaScript: the machine that writes a program of `ir/math` out as one standalone function.
 *
 * The program first becomes a graph of operations, equal ones made once. Each is then placed in the innermost block
 * that holds all its uses, so that an arm of a choice is computed only where it is chosen (Click: Global Code Motion,
 * Global Value Numbering, 1995), and written as a statement, or into the one expression that uses it. Operations are
 * those of the number machine, in the same order, hence so are the bits.
 */
import type { Lowering, Machine, Table } from '../../ir/math/machine.ts';
import { InternalError } from '../../ir/errors.ts';
import { mathTable, onNumbers, onSingles, type MathFunction } from '../../ir/math/functions.ts';
import { numberMachine } from '../../ir/math/numberMachine.ts';
import { functionOf } from './compile.ts';
import { block as braces, Closure, render, type Code } from './source.ts';

/** A generated function of one or two numbers; float32 ones give what `Math.fround` then rounds. */
export interface MathCode {
  readonly name: string;
  readonly run: (x: number, y: number) => number;
  /** The generated program, to be read by people. */
  readonly code: string;
}

const made = new Map<string, MathCode>();

/** The code of a function of the table for float64, or for float32 (`single`); made once. */
export function mathCode(name: MathFunction, single: boolean): MathCode {
  const title = single ? `${name}32` : name;
  let found = made.get(title);
  if (found === undefined) {
    try {
      found = compileMath(title, mathTable[name], single);
    } catch {
      found = { name: title, code: '', run: single ? onSingles(name) : onNumbers(name) }; // TEMPORARY: placeholders
    }
    made.set(title, found);
  }
  return found;
}

export function compileMath(title: string, lowering: Lowering, single: boolean): MathCode {
  const writer = new MathWriter(single);
  const code = render(writer.write(title, lowering));
  return { name: title, code, run: functionOf<MathCode['run']>(`return ${code}`, writer.closure) };
}

// ---------------------------------------------------------------------------------------------------------
// Expressions

/** How tightly an expression binds; what binds looser than its place wants is parenthesized. */
const binding = {
  choice: 0,
  or: 1,
  and: 2,
  equality: 3,
  relation: 4,
  sum: 5,
  product: 6,
  unary: 7,
  atom: 8,
} as const;

interface Expression {
  readonly text: string;
  readonly binding: number;
}

const atom = (text: string): Expression => ({ text, binding: binding.atom });
const within = (expression: Expression, place: number): string =>
  expression.binding < place ? `(${expression.text})` : expression.text;

type Write = (...operands: readonly Expression[]) => Expression;

const none = atom('');

const infix =
  (operator: string, level: number): Write =>
  (x = none, y = none) => ({
    text: `${within(x, level)} ${operator} ${within(y, level + 1)}`,
    binding: level,
  });
const prefix =
  (operator: string): Write =>
  (x = none) => ({ text: `${operator}${within(x, binding.atom)}`, binding: binding.unary });
/** A form whose operands stand alone, between parentheses or after an assignment. */
const form =
  (write: (x: string, y: string) => string): Write =>
  (x = none, y = none) =>
    atom(write(x.text, y.text));
const conditional: Write = (condition = none, then = none, otherwise = none) => ({
  text: `${within(condition, binding.or)} ? ${within(then, binding.or)} : ${otherwise.text}`,
  binding: binding.choice,
});

const number = (value: number): Expression => {
  const text = Object.is(value, -0) ? '-0' : String(value);
  return { text, binding: text.startsWith('-') ? binding.unary : binding.atom };
};

// ---------------------------------------------------------------------------------------------------------
// The graph

/** A block of statements: the function's body, or an arm of a choice. */
class Block {
  readonly parent: Block | undefined;
  readonly depth: number;
  readonly lines: (string | Code)[] = [];

  constructor(parent?: Block) {
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }
}

const commonBlock = (a: Block, b: Block): Block => {
  let [x, y] = [a, b];
  while (x !== y) {
    if (x.depth >= y.depth && x.parent !== undefined) x = x.parent;
    else if (y.parent !== undefined) y = y.parent;
  }
  return x;
};

/** A parameter, a constant or an operation. */
interface Operation {
  readonly kind: 'operation';
  readonly id: number;
  readonly operands: readonly Node[];
  readonly write: Write;
}

/** One of the values that a choice gives. */
interface Outcome {
  readonly kind: 'outcome';
  readonly id: number;
  choice: Choice;
  readonly then: Node;
  readonly otherwise: Node;
}

type Node = Operation | Outcome;

/** Values that depend on one condition. Of `rarely`, the usual values are computed before, for they mostly hold. */
interface Choice {
  readonly kind: 'choice';
  readonly condition: Node;
  readonly rare: boolean;
  readonly outcomes: Outcome[];
}

/** What is placed and written as a whole. */
type Unit = Operation | Choice;

const unitOf = (node: Node): Unit => (node.kind === 'outcome' ? node.choice : node);
const isLeaf = (node: Node): boolean => node.kind === 'operation' && node.operands.length === 0;

const needs = (unit: Unit): readonly Node[] =>
  unit.kind === 'operation'
    ? unit.operands
    : [unit.condition, ...unit.outcomes.flatMap(({ then, otherwise }) => [otherwise, then])];

/** Every unit that `root` needs, operands before users; without leaves. */
function unitsInOrder(root: Node): readonly Unit[] {
  const order = new Set<Unit>();
  const visit = (node: Node): void => {
    const unit = unitOf(node);
    if (isLeaf(node) || order.has(unit)) return;
    needs(unit).forEach(visit);
    order.add(unit);
  };
  visit(root);
  return [...order];
}

function dependsOn(unit: Unit, other: Unit, seen = new Set<Unit>()): boolean {
  if (unit === other) return true;
  if (seen.has(unit)) return false;
  seen.add(unit);
  return needs(unit).some((node) => dependsOn(unitOf(node), other, seen));
}

interface Placement {
  readonly block: ReadonlyMap<Unit, Block>;
  readonly arms: ReadonlyMap<Choice, readonly [then: Block, otherwise: Block]>;
  readonly uses: ReadonlyMap<Node, number>;
}

/** The innermost block for each unit. Users come first, so all uses of a unit are known when its turn comes. */
function place(root: Node, units: readonly Unit[], body: Block): Placement {
  const block = new Map<Unit, Block>();
  const arms = new Map<Choice, readonly [Block, Block]>();
  const uses = new Map<Node, number>();
  const use = (node: Node, at: Block): void => {
    const unit = unitOf(node);
    const known = block.get(unit);
    block.set(unit, known === undefined ? at : commonBlock(known, at));
    uses.set(node, (uses.get(node) ?? 0) + 1);
  };
  use(root, body);
  for (const unit of units.toReversed()) {
    const at = block.get(unit);
    // Never used: an outcome of an exception that nobody asks for.
    if (at === undefined) continue;
    if (unit.kind === 'operation') {
      for (const operand of unit.operands) use(operand, at);
      continue;
    }
    const [then, otherwise] = [new Block(at), new Block(at)];
    arms.set(unit, [then, otherwise]);
    use(unit.condition, at);
    for (const outcome of unit.outcomes) {
      if (!uses.has(outcome)) continue;
      use(outcome.then, then);
      use(outcome.otherwise, unit.rare ? at : otherwise);
    }
  }
  return { block, arms, uses };
}

/** Choices in one block on one condition become one, so that what several of them need stays in its arm. */
function mergeChoices(units: readonly Unit[], { block }: Placement): void {
  const merged: Choice[] = [];
  for (const choice of units) {
    if (choice.kind !== 'choice' || choice.rare) continue;
    const partner = merged.find(
      (other) =>
        other.condition === choice.condition &&
        block.get(other) === block.get(choice) &&
        !dependsOn(choice, other) &&
        !dependsOn(other, choice),
    );
    if (partner === undefined) {
      merged.push(choice);
      continue;
    }
    for (const outcome of choice.outcomes) outcome.choice = partner;
    partner.outcomes.push(...choice.outcomes);
  }
}

// ---------------------------------------------------------------------------------------------------------
// The machine

/** Longer expressions are named, and not written into others. */
const longest = 72;
/** Which word of a float64 has the sign; the other is `1 - high`. */
const high = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const sharedNumber = new Float64Array(1);
const sharedWords = new Uint32Array(sharedNumber.buffer);

const doubles = numberMachine(false);
const nearest = (x: number): number => doubles.nearest(x);

class MathWriter {
  readonly closure = new Closure();
  readonly #single: boolean;
  /** Operations by what they compute, innermost exception last: what one made is unknown outside. */
  readonly #known: Map<string, Node>[] = [new Map<string, Node>()];
  #next = 0;

  constructor(single: boolean) {
    this.#single = single;
  }

  write(title: string, lowering: Lowering): Code {
    const parameters = ['x', 'y'].map((name) => this.#operation(name, [], () => atom(name)));
    const [x, y] = parameters;
    if (x === undefined || y === undefined) return [];
    const root = lowering(this.#machine(), x, y);
    if (typeof root !== 'object') throw new InternalError('js', `${title} is no program yet`); // TEMPORARY
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
    const bits = (name: string, write: (x: string, number: string, words: string) => string) =>
      one(
        name,
        form((x) => write(x, closure.use('number', sharedNumber), closure.use('words', sharedWords))),
      );
    const low = 1 - high;
    const negative = (x: string): string =>
      `(${closure.use('number', sharedNumber)}[0] = ${x}, ${closure.use('words', sharedWords)}[${high}] >>> 31 === 1)`;
    return {
      single: this.#single,
      constant: (value) =>
        this.#operation(`constant ${Object.is(value, -0) ? '-0' : value}`, [], () => number(value)),
      add: two('add', infix('+', binding.sum)),
      subtract: two('subtract', infix('-', binding.sum)),
      multiply: two('multiply', infix('*', binding.product)),
      divide: two('divide', infix('/', binding.product)),
      sqrt: one(
        'sqrt',
        form((x) => `Math.sqrt(${x})`),
      ),
      negate: one('negate', prefix('-')),
      abs: one(
        'abs',
        form((x) => `Math.abs(${x})`),
      ),
      floor: one(
        'floor',
        form((x) => `Math.floor(${x})`),
      ),
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
      highHalf: bits('highHalf', (x, n, w) => `(${n}[0] = ${x}, ${w}[${low}] = 0, ${n}[0])`),
      exponent: bits('exponent', (x, n, w) => `(${n}[0] = ${x}, (${w}[${high}] >>> 20 & 0x7ff) - 1023)`),
      significand: bits(
        'significand',
        (x, n, w) => `(${n}[0] = ${x}, ${w}[${high}] = ${w}[${high}] & 0xfffff | 0x3ff00000, ${n}[0])`,
      ),
      powerOfTwo: bits(
        'powerOfTwo',
        (x, n, w) => `(${w}[${high}] = (${x} + 1023) << 20, ${w}[${low}] = 0, ${n}[0])`,
      ),
      lookup: (table: Table, index) =>
        this.#operation(`${table.name} ${index.id}`, [index], (at = none) =>
          atom(
            `${closure.use(table.name, table.values)}[${within(at, binding.relation)} & ${table.values.length - 1}]`,
          ),
        ),
      rarely: (condition, usual, exception) => this.#rarely(condition, usual, exception),
    };
  }
}

/** Writes units, operands before users, each into its block. */
class StatementWriter {
  readonly #placement: Placement;
  /** Values of arms that are choices themselves: their arms assign, or return, on behalf of the outer choice. */
  readonly #ends: ReadonlySet<Node>;
  /** Those of them that need statements. */
  readonly #nested = new Set<Node>();
  readonly #values = new Map<Node, Expression>();
  #next = 1;

  constructor(placement: Placement, root: Node, units: readonly Unit[]) {
    this.#placement = placement;
    const values = [root];
    for (const unit of units) {
      if (unit.kind === 'operation') continue;
      const [outcome, ...more] = this.#live(unit);
      if (outcome === undefined || more.length > 0) continue;
      values.push(outcome.then);
      if (!unit.rare) values.push(outcome.otherwise);
    }
    this.#ends = new Set(values.filter((node) => placement.uses.get(node) === 1));
  }

  body(root: Node, units: readonly Unit[], block: Block): Code {
    for (const unit of units) this.#unit(unit);
    return [...block.lines, ...this.#ending(root, (value) => `return ${value};`)];
  }

  #unit(unit: Unit): void {
    const at = this.#placement.block.get(unit);
    if (at === undefined) return;
    if (unit.kind === 'operation')
      this.#define(unit, unit.write(...unit.operands.map((operand) => this.#value(operand))), at);
    else this.#choice(unit, at);
  }

  #choice(choice: Choice, at: Block): void {
    const outcomes = this.#live(choice);
    const [outcome] = outcomes;
    if (outcome !== undefined && outcomes.length === 1) {
      const { then, otherwise } = outcome;
      if (!this.#needsStatements(choice)) {
        const values = [choice.condition, then, otherwise].map((node) => this.#value(node));
        this.#define(outcome, conditional(...values), at);
        return;
      }
      if (this.#ends.has(outcome) && !choice.rare) {
        this.#nested.add(outcome);
        return;
      }
    }
    for (const named of outcomes) this.#values.set(named, atom(this.#name()));
    at.lines.push(...this.#assigning(choice, outcomes));
  }

  #live({ outcomes }: Choice): readonly Outcome[] {
    return outcomes.filter((outcome) => this.#placement.uses.has(outcome));
  }

  #lines(choice: Choice, arm: 0 | 1): Code {
    return this.#placement.arms.get(choice)?.[arm].lines ?? [];
  }

  #needsStatements(choice: Choice): boolean {
    return (
      this.#lines(choice, 0).length > 0 ||
      this.#lines(choice, 1).length > 0 ||
      choice.outcomes.some(({ then, otherwise }) => this.#nested.has(then) || this.#nested.has(otherwise))
    );
  }

  /** Declares the outcomes and gives them their values. */
  #assigning(choice: Choice, outcomes: readonly Outcome[]): Code {
    const arm = (which: 0 | 1): Code => [
      ...this.#lines(choice, which),
      ...outcomes.flatMap((outcome) =>
        this.#ending(
          which === 0 ? outcome.then : outcome.otherwise,
          (value) => `${this.#value(outcome).text} = ${value};`,
        ),
      ),
    ];
    const early =
      this.#lines(choice, 1).length === 0 && !outcomes.some(({ otherwise }) => this.#nested.has(otherwise));
    const declared = outcomes.map((outcome) => {
      const { text } = this.#value(outcome);
      return early ? `${text} = ${this.#value(outcome.otherwise).text}` : text;
    });
    const condition = this.#value(choice.condition).text;
    return [`let ${declared.join(', ')};`, ...branch(condition, arm(0), early ? [] : arm(1))];
  }

  /** Ends an arm with its value, which `give` makes a statement. */
  #ending(node: Node, give: (value: string) => string): Code {
    if (node.kind !== 'outcome' || !this.#nested.has(node)) return [give(this.#value(node).text)];
    const { choice, then, otherwise } = node;
    return branch(
      this.#value(choice.condition).text,
      [...this.#lines(choice, 0), ...this.#ending(then, give)],
      [...this.#lines(choice, 1), ...this.#ending(otherwise, give)],
    );
  }

  /** A value where it is used. */
  #value(node: Node | undefined): Expression {
    if (node === undefined) return none;
    return this.#values.get(node) ?? (node.kind === 'operation' ? node.write() : none);
  }

  #define(node: Node, expression: Expression, at: Block): void {
    const limit = this.#ends.has(node) ? 2 * longest : longest;
    if (this.#placement.uses.get(node) === 1 && expression.text.length <= limit) {
      this.#values.set(node, expression);
      return;
    }
    const name = this.#name();
    at.lines.push(`const ${name} = ${expression.text};`);
    this.#values.set(node, atom(name));
  }

  #name(): string {
    return `v${this.#next++}`;
  }
}

/** An if statement; nothing needs to follow on a return. */
function branch(condition: string, then: Code, otherwise: Code): Code {
  const [only] = then;
  const short = then.length === 1 && typeof only === 'string';
  const head = short ? [`if (${condition}) ${only}`] : braces(`if (${condition})`, then);
  if (otherwise.length === 0) return head;
  const end = then.at(-1);
  if (typeof end === 'string' && end.startsWith('return ')) return [...head, ...otherwise];
  const [first, ...rest] = otherwise;
  if (typeof first !== 'string') return head;
  if (otherwise.length === 1) return [...head, `else ${first}`];
  return first.startsWith('if (')
    ? [...head, `else ${first}`, ...rest]
    : [...head, ...braces('else', otherwise)];
}
