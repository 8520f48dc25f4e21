/** What an instruction takes: locals and literals. */
import type { ValueType } from './instructions.ts';

export class Local {
  readonly type: ValueType;
  readonly id: number;
  /** May be set more than once. */
  readonly variable: boolean;
  readonly name: string | undefined;
  /** A number that it stands for: no code sets it, and where it is used the number is written. */
  readonly literal: Constant | undefined;
  uses = 0;

  constructor(type: ValueType, id: number, variable: boolean, name?: string, literal?: Constant) {
    this.type = type;
    this.id = id;
    this.variable = variable;
    this.name = name;
    this.literal = literal;
  }
}

export type Constant =
  | { readonly type: 'i32' | 'f32' | 'f64'; readonly value: number }
  | { readonly type: 'i64'; readonly value: bigint }
  | { readonly type: 'v128'; readonly value: Uint8Array };

export type Operand = Local | Constant;

export const i32 = (value: number): Constant => ({ type: 'i32', value });
export const i64 = (value: bigint): Constant => ({ type: 'i64', value });
export const f32 = (value: number): Constant => ({ type: 'f32', value });
export const f64 = (value: number): Constant => ({ type: 'f64', value });
