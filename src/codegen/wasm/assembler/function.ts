/**
 * A function under construction: statements over locals, each computed value in a local of its own.
 *
 * Pure operations on values that never change are shared (local value numbering, by scope): asking twice for
 * `f64x2.mul a b` gives the same local. Arithmetic on i32 literals is done at once, and what changes nothing is left
 * out. Values that are used once, right where they are needed, stay on the operand stack when the function is encoded;
 * unused pure values are dropped.
 */
import { InternalError } from '../../../ir/errors.ts';
import { folded } from './fold.ts';
import { instruction, type ValueType } from './instructions.ts';
import { i32, Local, type Operand } from './operands.ts';

/** Names a block or a loop: a branch to a block leaves it, one to a loop starts it again. */
export interface Label {
  readonly kind: 'block' | 'loop';
  readonly id: number;
}

interface Operation {
  readonly kind: 'operation';
  readonly name: string;
  readonly operands: readonly Operand[];
  readonly immediate: readonly number[];
  readonly result: Local | undefined;
  readonly pure: boolean;
}

interface Call {
  readonly kind: 'call';
  readonly callee: string;
  readonly operands: readonly Operand[];
  readonly results: readonly Local[];
}

export type WasmStatement =
  | Operation
  | Call
  | { readonly kind: 'set'; readonly local: Local; readonly operands: readonly [Operand] }
  | { readonly kind: 'block' | 'loop'; readonly label: Label; readonly body: readonly WasmStatement[] }
  | {
      readonly kind: 'if';
      readonly operands: readonly [Operand];
      readonly then: readonly WasmStatement[];
      readonly otherwise: readonly WasmStatement[];
    }
  | { readonly kind: 'branch'; readonly label: Label; readonly operands: readonly Operand[] }
  | { readonly kind: 'comment'; readonly text: string };

const keyOf = (operand: Operand): string =>
  operand instanceof Local
    ? `%${operand.id}`
    : `${operand.type}:${Object.is(operand.value, -0) ? '-0' : operand.value.toString()}`;

/** The number itself, for a local that stands for one. */
const plain = (operand: Operand): Operand =>
  operand instanceof Local && operand.literal !== undefined ? operand.literal : operand;

const noImmediate: readonly number[] = [];

export class FunctionBuilder {
  readonly name: string;
  readonly parameters: readonly Local[];
  readonly results: readonly ValueType[];
  /** Computed before everything else: constants that loops share. */
  readonly prologue: WasmStatement[] = [];
  readonly body: WasmStatement[] = [];
  /** The values a function with results ends with. */
  returned: readonly Operand[] = [];
  readonly #constants = new Map<string, Local>();
  readonly #constantBytes = new Map<Local, Uint8Array>();
  readonly #literalOf = new Map<number, Local>();
  readonly #scopes: Map<string, Local>[] = [new Map<string, Local>()];
  #current: WasmStatement[] = this.body;
  #locals = 0;
  #labels = 0;

  constructor(name: string, parameters: readonly (readonly [string, ValueType])[], ...results: ValueType[]) {
    this.name = name;
    this.parameters = parameters.map(
      ([parameter, type]) => new Local(type, this.#locals++, false, parameter),
    );
    this.results = results;
  }

  parameter(position: number): Local {
    const found = this.parameters[position];
    if (found === undefined) throw new InternalError('wasm', `${this.name} has no parameter ${position}`);
    return found;
  }

  // --- values ------------------------------------------------------------------------------------------------

  /** A pure operation; the same one on the same values is computed once. */
  op(name: string, ...operands: readonly Operand[]): Local {
    const [x, y] = operands;
    // What is folded is arithmetic on i32.
    const short =
      x?.type !== 'i32' || y === undefined || operands.length > 2
        ? undefined
        : folded(name, plain(x), plain(y));
    if (short === undefined) return this.#pure(name, operands, noImmediate);
    if (short instanceof Local) return this.freeze(short);
    return 'operands' in short ? this.op(short.name, ...short.operands) : this.#literal(short.value);
  }

  /** A local in place of a number. */
  #literal(value: number): Local {
    let local = this.#literalOf.get(value);
    if (local === undefined) {
      local = new Local('i32', this.#locals++, false, undefined, i32(value));
      this.#literalOf.set(value, local);
    }
    return local;
  }

  /** A pure operation on one lane, or a shuffle of 16 byte lanes. */
  lane(name: string, lanes: number | readonly number[], ...operands: readonly Operand[]): Local {
    return this.#pure(name, operands, typeof lanes === 'number' ? [lanes] : lanes);
  }

  #pure(name: string, given: readonly Operand[], immediate: readonly number[]): Local {
    let key = name;
    for (const operand of given) {
      if (operand instanceof Local && operand.variable) return this.#emit(name, given, immediate, true);
      key += ` ${keyOf(plain(operand))}`;
    }
    for (const number of immediate) key += ` ${number}`;
    for (let k = this.#scopes.length - 1; k >= 0; k--) {
      const known = this.#scopes[k]?.get(key);
      if (known !== undefined) return known;
    }
    const result = this.#emit(name, given, immediate, true);
    this.#scopes[this.#scopes.length - 1]?.set(key, result);
    return result;
  }

  /** Reads memory at `address + offset`. */
  load(name: string, address: Operand, offset = 0): Local {
    return this.#emit(name, [address], [offset], false);
  }

  /** Reads one lane of a vector from memory. */
  loadLane(name: string, address: Operand, vector: Operand, lane: number, offset = 0): Local {
    return this.#emit(name, [address, vector], [offset, lane], false);
  }

  /** Reads memory that never changes: shared and dropped like any pure operation. */
  loadConstant(name: string, address: Operand, offset: number): Local {
    return this.#pure(name, [address], [offset]);
  }

  loadConstantLane(name: string, address: Operand, vector: Operand, lane: number, offset: number): Local {
    return this.#pure(name, [address, vector], [offset, lane]);
  }

  store(name: string, address: Operand, value: Operand, offset = 0): void {
    this.#effect(name, [address, value], [offset]);
  }

  storeLane(name: string, address: Operand, vector: Operand, lane: number, offset = 0): void {
    this.#effect(name, [address, vector], [offset, lane]);
  }

  /** A vector constant, made once at the start of the function. */
  constant(bytes: Uint8Array): Local {
    const key = bytes.join();
    let local = this.#constants.get(key);
    if (local === undefined) {
      local = this.#fresh('v128', false);
      this.prologue.push({ kind: 'set', local, operands: [{ type: 'v128', value: bytes }] });
      this.#constants.set(key, local);
      this.#constantBytes.set(local, bytes);
    }
    return local;
  }

  /** The bytes of a local that `constant` made. */
  constantBytes(local: Local): Uint8Array | undefined {
    return this.#constantBytes.get(local);
  }

  call(callee: string, operands: readonly Operand[], result?: ValueType): Local | undefined {
    return this.callForAll(callee, operands, result === undefined ? [] : [result])[0];
  }

  /** Calls a function with several results. */
  callForAll(callee: string, operands: readonly Operand[], types: readonly ValueType[]): readonly Local[] {
    const results = types.map((type) => this.#fresh(type, false));
    this.#current.push({ kind: 'call', callee, operands: this.#use(operands), results });
    return results;
  }

  // --- variables ---------------------------------------------------------------------------------------------

  variable(type: ValueType, initial?: Operand, name?: string): Local {
    const local = this.#fresh(type, true, name);
    if (initial !== undefined) this.set(local, initial);
    return local;
  }

  set(local: Local, value: Operand): void {
    if (!local.variable) throw new InternalError('wasm', 'a value is set twice');
    this.#define(local, value);
  }

  /** The value that a variable has now; what is no variable stays as it is. */
  freeze(local: Local): Local {
    if (!local.variable) return local;
    const copy = this.#fresh(local.type, false);
    this.#define(copy, local);
    return copy;
  }

  /** `local = name(local, operand)`. */
  update(local: Local, name: string, operand: Operand): void {
    this.set(local, this.op(name, local, operand));
  }

  // --- control -----------------------------------------------------------------------------------------------

  block(body: (label: Label) => void): void {
    this.#labelled('block', body);
  }

  loop(body: (label: Label) => void): void {
    this.#labelled('loop', body);
  }

  if(condition: Operand, then: () => void, otherwise?: () => void): void {
    const operand = this.#useOne(condition);
    const first = this.#inside(then);
    const second = otherwise === undefined ? [] : this.#inside(otherwise);
    this.#current.push({ kind: 'if', operands: [operand], then: first, otherwise: second });
  }

  /** `usual`, but where the condition holds what `exception` gives instead. */
  choose(
    condition: Operand,
    usual: readonly Operand[],
    exception: () => readonly Operand[],
  ): readonly Local[] {
    const chosen = usual.map((value) => {
      const local = this.#fresh(value.type, false);
      this.#define(local, value);
      return local;
    });
    this.if(condition, () => {
      exception().forEach((value, k) => {
        const local = chosen[k];
        if (local !== undefined) this.#define(local, value);
      });
    });
    return chosen;
  }

  branch(label: Label, condition?: Operand): void {
    const operands = condition === undefined ? [] : [this.#useOne(condition)];
    this.#current.push({ kind: 'branch', label, operands });
  }

  /** Ends the function with these values. */
  return(...values: readonly Operand[]): void {
    this.returned = this.#use(values);
  }

  comment(text: string): void {
    this.#current.push({ kind: 'comment', text });
  }

  // --- inside ------------------------------------------------------------------------------------------------

  #inside(body: () => void): WasmStatement[] {
    const outer = this.#current;
    const statements: WasmStatement[] = [];
    this.#current = statements;
    this.#scopes.push(new Map());
    body();
    this.#scopes.pop();
    this.#current = outer;
    return statements;
  }

  #fresh(type: ValueType, variable: boolean, name?: string): Local {
    return new Local(type, this.#locals++, variable, name);
  }

  #labelled(kind: 'block' | 'loop', body: (label: Label) => void): void {
    const label: Label = { kind, id: this.#labels++ };
    const statements = this.#inside(() => {
      body(label);
    });
    this.#current.push({ kind, label, body: statements });
  }

  #define(local: Local, value: Operand): void {
    if (value.type !== local.type)
      throw new InternalError('wasm', `a local of type ${local.type} cannot be set to ${value.type}`);
    this.#current.push({ kind: 'set', local, operands: [this.#useOne(value)] });
  }

  #use(operands: readonly Operand[]): readonly Operand[] {
    const used: Operand[] = [];
    for (const operand of operands) used.push(this.#useOne(operand));
    return used;
  }

  #useOne(operand: Operand): Operand {
    const used = plain(operand);
    if (used instanceof Local) used.uses++;
    return used;
  }

  /** Whether the instruction takes these operands; gives the type of its result. */
  #check(name: string, operands: readonly Operand[]): ValueType | undefined {
    const { operands: types, result } = instruction(name);
    if (operands.length !== types.length)
      throw new InternalError('wasm', `${name} takes ${types.length} operands, not ${operands.length}`);
    const chosen = name === 'select' ? operands[0]?.type : undefined;
    for (let k = 0; k < types.length; k++) {
      const wanted = k < 2 ? (chosen ?? types[k]) : types[k];
      const given = operands[k]?.type;
      if (given !== wanted)
        throw new InternalError('wasm', `operand ${k} of ${name} is ${String(wanted)}, not ${String(given)}`);
    }
    return chosen ?? result;
  }

  #emit(name: string, given: readonly Operand[], immediate: readonly number[], pure: boolean): Local {
    const type = this.#check(name, given);
    if (type === undefined) throw new InternalError('wasm', `${name} has no result`);
    const operands = this.#use(given);
    const result = this.#fresh(type, false);
    this.#current.push({ kind: 'operation', name, operands, immediate, result, pure });
    return result;
  }

  #effect(name: string, given: readonly Operand[], immediate: readonly number[]): void {
    this.#check(name, given);
    const operands = this.#use(given);
    this.#current.push({ kind: 'operation', name, operands, immediate, result: undefined, pure: false });
  }
}
