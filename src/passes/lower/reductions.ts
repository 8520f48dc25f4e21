/**
 * Pass "reductions": 64-bit sums take narrower elements as they are, and sums of floats over one loop with a short body
 * are unrolled. Without it every reduction has the general form.
 */
import { isBigint, isInteger, kindOf } from '../../ir/dtype.ts';
import type { Expression } from '../expression.ts';
import { count, type RuleCounter } from '../graph.ts';
import type { Draft, Item, ReductionItem } from './draft.ts';

/** Copies of the loop body a leaf of eight lanes may have in total, in lines. */
const unrolledLines = 200;

export const planReductions = (draft: Draft, rules: RuleCounter): Draft => ({
  ...draft,
  items: draft.items.map((item): Item => {
    if (item.level !== 'reduce') return item;
    const element = narrowElement(item);
    if (element !== item.element) count(rules, 'narrow-elements');
    return { ...item, element };
  }),
  unrolledLines,
});

/** An exact sum needs no cast of its elements: the accumulator widens them. */
function narrowElement({ op, outcome, element }: ReductionItem): Expression {
  if (op !== 'sum' || !isBigint(outcome.dtype) || element.kind !== 'cast') return element;
  const { dtype } = element.arg;
  return !isBigint(dtype) && (isInteger(dtype) || kindOf(dtype) === 'bool') ? element.arg : element;
}
