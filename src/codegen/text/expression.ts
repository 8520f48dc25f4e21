/** JavaScript expressions that know how tightly they bind, so that only parentheses that are needed get written. */

/** How tightly an expression binds; what binds looser than its place wants is parenthesized. */
export const binding = {
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

export interface Expression {
  readonly text: string;
  readonly binding: number;
}

export const atom = (text: string): Expression => ({ text, binding: binding.atom });
export const within = (expression: Expression, place: number): string =>
  expression.binding < place ? `(${expression.text})` : expression.text;

export type Write = (...operands: readonly Expression[]) => Expression;

export const none = atom('');

export const infix =
  (operator: string, level: number): Write =>
  (x = none, y = none) => ({
    text: `${within(x, level)} ${operator} ${within(y, level + 1)}`,
    binding: level,
  });
export const prefix =
  (operator: string): Write =>
  (x = none) => ({ text: `${operator}${within(x, binding.atom)}`, binding: binding.unary });
/** A form whose operands stand alone, between parentheses or after an assignment. */
export const form =
  (write: (x: string, y: string) => string): Write =>
  (x = none, y = none) =>
    atom(write(x.text, y.text));
export const conditional: Write = (condition = none, then = none, otherwise = none) => ({
  text: `${within(condition, binding.or)} ? ${within(then, binding.or)} : ${otherwise.text}`,
  binding: binding.choice,
});

export const number = (value: number): Expression => {
  const text = Object.is(value, -0) ? '-0' : String(value);
  return { text, binding: text.startsWith('-') ? binding.unary : binding.atom };
};
