/** A module in the binary format: the memory it works on, functions it calls and functions it has. */
import { InternalError } from '../../../ir/errors.ts';
import { Bytes } from './bytes.ts';
import type { FunctionBuilder, Label } from './function.ts';
import { Local, type Constant } from './operands.ts';
import { instruction, type ValueType } from './instructions.ts';
import { assignSlots } from './slots.ts';
import { resultsOf, treesOf, type Argument, type Tree } from './tree.ts';

export interface ImportedFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
}

const typeCode: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};
const noResult = 0x40;

/** Pages of 64 KiB that a memory may have: 4 GiB. */
export const maxPages = 65_536;

/** The module: imports `env.memory` and the functions of `imports` from `env`; exports `entries` by their names, in order. */
export function encodeModule(
  entries: readonly FunctionBuilder[],
  helpers: readonly FunctionBuilder[],
  imports: readonly ImportedFunction[],
  sharedMemory: boolean,
): Uint8Array<ArrayBuffer> {
  const functions = [...helpers, ...entries];
  const types = new Bytes().unsigned(imports.length + functions.length);
  const type = (parameters: readonly ValueType[], results: readonly ValueType[]): void => {
    types
      .byte(0x60)
      .unsigned(parameters.length)
      .bytes(parameters.map((p) => typeCode[p]));
    types.unsigned(results.length).bytes(results.map((result) => typeCode[result]));
  };
  for (const { parameters } of imports) type(parameters, []);
  for (const { parameters, results } of functions)
    type(
      parameters.map((p) => p.type),
      results,
    );

  const imported = new Bytes()
    .unsigned(1 + imports.length)
    .text('env')
    .text('memory')
    .byte(2);
  if (sharedMemory) imported.byte(3).unsigned(0).unsigned(maxPages);
  else imported.byte(0).unsigned(0);
  imports.forEach(({ name }, k) => imported.text('env').text(name).byte(0).unsigned(k));

  const declared = new Bytes().unsigned(functions.length);
  functions.forEach((_, k) => declared.unsigned(imports.length + k));

  const exported = new Bytes().unsigned(entries.length);
  entries.forEach(({ name }, k) =>
    exported
      .text(name)
      .byte(0)
      .unsigned(imports.length + helpers.length + k),
  );

  const indices = new Map<string, number>();
  [...imports, ...functions].forEach(({ name }, k) => indices.set(name, k));
  const code = new Bytes().unsigned(functions.length);
  for (const builder of functions) code.sized(new FunctionEncoder(builder, indices).encode());

  return new Bytes()
    .bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
    .section(1, types)
    .section(2, imported)
    .section(3, declared)
    .section(7, exported)
    .section(10, code)
    .toArray();
}

class FunctionEncoder {
  readonly #builder: FunctionBuilder;
  readonly #callees: ReadonlyMap<string, number>;
  readonly #code = new Bytes();
  #indices: readonly (number | undefined)[] = [];
  readonly #labels: (Label | undefined)[] = [];

  constructor(builder: FunctionBuilder, callees: ReadonlyMap<string, number>) {
    this.#builder = builder;
    this.#callees = callees;
  }

  encode(): Bytes {
    const trees = treesOf(this.#builder);
    const { indexOf, groups } = assignSlots(this.#builder, trees);
    this.#indices = indexOf;
    const locals = new Bytes().unsigned(groups.length);
    for (const { type, count } of groups) locals.unsigned(count).byte(typeCode[type]);
    for (const tree of trees) this.#statement(tree);
    for (const value of this.#builder.returned) this.#argument(value);
    return locals.bytes(this.#code.byte(0x0b).toArray());
  }

  #index(local: Local): number {
    const index = this.#indices[local.id];
    if (index === undefined) throw new InternalError('wasm', `local ${local.id} has no index`);
    return index;
  }

  #statement(tree: Tree): void {
    this.#push(tree);
    // The last result is on top of the stack.
    if (tree.kind === 'operation' && tree.result === undefined) return;
    const results = resultsOf(tree);
    for (let k = results.length - 1; k >= 0; k--) {
      const result = results[k];
      if (result === undefined || result.uses === 0) this.#code.byte(0x1a);
      else this.#code.byte(0x21).unsigned(this.#index(result));
    }
  }

  #push(tree: Tree): void {
    const code = this.#code;
    if ('operands' in tree) for (const operand of tree.operands) this.#argument(operand);
    switch (tree.kind) {
      case 'operation':
        this.#opcode(tree.name, tree.immediate);
        return;
      case 'call': {
        const callee = this.#callees.get(tree.callee);
        if (callee === undefined) throw new InternalError('wasm', `there is no function ${tree.callee}`);
        code.byte(0x10).unsigned(callee);
        return;
      }
      case 'set':
        code.byte(0x21).unsigned(this.#index(tree.local));
        return;
      case 'block':
      case 'loop':
        code.byte(tree.kind === 'block' ? 0x02 : 0x03).byte(noResult);
        this.#labels.push(tree.label);
        for (const inner of tree.body) this.#statement(inner);
        this.#labels.pop();
        code.byte(0x0b);
        return;
      case 'if':
        code.byte(0x04).byte(noResult);
        this.#labels.push(undefined);
        for (const inner of tree.then) this.#statement(inner);
        if (tree.otherwise.length > 0) {
          code.byte(0x05);
          for (const inner of tree.otherwise) this.#statement(inner);
        }
        this.#labels.pop();
        code.byte(0x0b);
        return;
      case 'branch': {
        const at = this.#labels.lastIndexOf(tree.label);
        if (at < 0) throw new InternalError('wasm', 'a branch leaves no enclosing block');
        code.byte(tree.operands.length === 0 ? 0x0c : 0x0d).unsigned(this.#labels.length - 1 - at);
        return;
      }
      case 'comment':
    }
  }

  #argument(argument: Argument): void {
    if (argument instanceof Local) this.#code.byte(0x20).unsigned(this.#index(argument));
    else if ('kind' in argument) this.#push(argument);
    else this.#constant(argument);
  }

  #constant(constant: Constant): void {
    const code = this.#code;
    switch (constant.type) {
      case 'i32':
        code.byte(0x41).signed(constant.value);
        break;
      case 'i64':
        code.byte(0x42).signed(constant.value);
        break;
      case 'f32':
        code.byte(0x43).float32(constant.value);
        break;
      case 'f64':
        code.byte(0x44).float64(constant.value);
        break;
      case 'v128':
        code.byte(0xfd).unsigned(12).bytes(constant.value);
    }
  }

  #opcode(name: string, immediate: readonly number[]): void {
    const { prefix, code, immediate: kind } = instruction(name);
    if (prefix === undefined) this.#code.byte(code);
    else this.#code.byte(prefix).unsigned(code);
    switch (kind) {
      case 'none':
        break;
      case 'memory':
        this.#code.byte(0).unsigned(immediate[0] ?? 0);
        break;
      case 'memoryLane':
        this.#code
          .byte(0)
          .unsigned(immediate[0] ?? 0)
          .byte(immediate[1] ?? 0);
        break;
      case 'lane':
      case 'shuffle':
        this.#code.bytes(immediate);
    }
  }
}
