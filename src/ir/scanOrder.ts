/**
 * The order in which scans that round combine their elements. A sequence is cut into blocks of 128 elements. Within a
 * block the elements are combined one after the other, from the first of the block on; the state before a block is the
 * combination, one after the other, of the totals of the blocks before it; the state at an element is that state
 * combined with the one within its block. In the first block, the one within the block is all there is. The order
 * depends on positions alone, so that blocks may run on several threads or workgroups.
 *
 * A scan is exclusive where an element gets the state before it; the first one gets the state of nothing, which is the
 * neutral one where a reduction of nothing has no result. Scans of any other reduction have the same results in any order.
 */
import type { Monoid } from './monoids.ts';
import type { Scalar } from './dtype.ts';
import { scalarNumbers } from './scalarNumbers.ts';

/** Elements of a block: a power of two. */
export const scanBlock = 128;

type State = readonly Scalar[];

/** The states at the elements of a sequence, or before them, given the state of each element alone. */
export function scanStates(
  monoid: Monoid,
  exclusive: boolean,
  count: number,
  element: (position: number) => State,
): readonly State[] {
  const join = (x: State, y: State): State => monoid.combine(scalarNumbers, x, y);
  const states: State[] = [];
  let before: State | undefined;
  let within: State | undefined;
  let state = monoid.nothing;
  for (let k = 0; k < count; k++) {
    if (k % scanBlock === 0 && k > 0) {
      before = state;
      within = undefined;
    }
    if (exclusive) states.push(state);
    within = within === undefined ? element(k) : join(within, element(k));
    state = before === undefined ? within : join(before, within);
    if (!exclusive) states.push(state);
  }
  return states;
}
