/**
 * Loop-invariant code motion for families: costly expressions that are the same for every member, built anew for each
 * (`x.sub(x.mean())` in the callback of a loop), are computed once, and the members read the result.
 *
 * An expression is the same for all members if it depends on numbers, scalars and arrays in which they agree.
 */
import { bytesOf } from '../../ir/dtype.ts';
import { isView, type Node } from '../../ir/node.ts';
import { sizeOf } from '../../ir/shape.ts';
import type { Family, Member } from './family.ts';

/** Results beyond this size are not put into memory. */
const maxBytes = 64 * 2 ** 20;

/** The topmost such expressions of a family, as nodes of the roots that were laid over it. */
export function invariants(
  family: Family,
  members: readonly Member[],
  places: readonly (Node | undefined)[],
): Node[] {
  const [first] = members;
  if (first === undefined || members.length < 2) return [];
  const varies = (slotsOf: (member: Member) => readonly unknown[]): boolean[] => {
    const expected = slotsOf(first);
    const different = new Array<boolean>(expected.length).fill(false);
    for (const member of members) {
      const slots = slotsOf(member);
      for (let slot = 0; slot < slots.length; slot++)
        if (slots[slot] !== expected[slot]) different[slot] = true;
    }
    return different;
  };
  const numbers = varies((member) => member.numbers);
  const scalars = varies((member) => member.scalars);
  const inputs = varies((member) => member.inputs);
  const variesAt = (place: { readonly slot: number } | { readonly literal: number }): boolean =>
    'slot' in place && numbers[place.slot] === true;

  const { steps } = family;
  const varying: boolean[] = [];
  let array = 0;
  for (const step of steps) {
    const own =
      step.node.kind === 'data'
        ? inputs[array++] === true
        : step.scalarSlot !== undefined && scalars[step.scalarSlot] === true;
    varying.push(
      own ||
        step.sizes.some(variesAt) ||
        step.bounds.some(variesAt) ||
        step.inputs.some((input) => varying[input] === true),
    );
  }
  const top = new Set(family.roots);
  steps.forEach((step, position) => {
    if (varying[position] === true) for (const input of step.inputs) top.add(input);
  });
  // What a view looks at takes the place of the view.
  const found = new Set<Node>();
  for (const position of top) {
    if (varying[position] !== false || steps[position]?.isCostly !== true) continue;
    let at = position;
    for (let step = steps[at]; step !== undefined && isView(step.node); step = steps[at])
      at = step.inputs[0] ?? at;
    const node = places[at];
    if (node === undefined || node.inputs.length === 0) continue;
    if (sizeOf(node.shape) * bytesOf(node.dtype) <= maxBytes) found.add(node);
  }
  return [...found];
}
