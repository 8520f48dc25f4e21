/**
 * Which roots of a batch belong together: those that have costly work in common, an expression that several of them
 * use. A few such roots are one member of a family, computed by one plan. Where a great many hang together, what they
 * have in common is cut out, to be computed first; then each stands alone.
 *
 * Cheap expressions do not tie roots together: each computes them in place, as fused kernels would.
 */
import type { Node } from '../../ir/node.ts';
import type { Families, Member } from './family.ts';
import { fitsMemory, viewed } from './overlap.ts';

export interface Grouping {
  readonly members: readonly Member[];
  /** What many roots have in common, and these roots; to be grouped again when the common parts have values. */
  readonly common: readonly Node[];
  readonly cut: readonly number[];
  /** Roots that hang together and cannot be cut apart: each list is one plan. */
  readonly whole: readonly (readonly number[])[];
}

/** So many roots may be one member of a family. */
const maxGroup = 64;
/** Sets of roots that were found to be connected. */
class Components {
  readonly #parents: number[];
  /** Whether any are. */
  connected = false;

  constructor(count: number) {
    this.#parents = Array.from({ length: count }, (_, k) => k);
  }

  find(root: number): number {
    let at = root;
    for (;;) {
      const parent = this.#parents[at] ?? at;
      if (parent === at) return at;
      const above = this.#parents[parent] ?? parent;
      this.#parents[at] = above;
      at = above;
    }
  }

  /** The first root of a component stands for it, so that the order is that of the roots. */
  join(a: number, b: number): void {
    const [x, y] = [this.find(a), this.find(b)];
    this.#parents[Math.max(x, y)] = Math.min(x, y);
    this.connected = true;
  }
}

export function groupRoots(
  positions: readonly number[],
  rootAt: (position: number) => Node,
  families: Families,
): Grouping {
  const alone: Member[] = [];
  const components = new Components(positions.length);
  /** Who met an expression first, and whether somebody else did. */
  const met = new Map<Node, { readonly first: number; isCommon: boolean }>();
  const shared: Node[] = [];
  positions.forEach((position, k) => {
    alone.push(families.memberOf([rootAt(position)], [position], shared));
    for (const node of shared) {
      const core = viewed(node);
      const known = met.get(core);
      if (known === undefined) met.set(core, { first: k, isCommon: false });
      else if (known.first !== k) {
        known.isCommon = true;
        components.join(known.first, k);
      }
    }
    shared.length = 0;
  });

  if (!components.connected) return { members: alone, common: [], cut: [], whole: [] };

  const gathered = new Map<number, number[]>();
  for (let k = 0; k < positions.length; k++) {
    const component = components.find(k);
    const list = gathered.get(component);
    if (list === undefined) gathered.set(component, [k]);
    else list.push(k);
  }
  const commonOf = new Map<number, Node[]>();
  for (const [core, { first, isCommon }] of met) {
    if (!isCommon) continue;
    const component = components.find(first);
    const list = commonOf.get(component);
    if (list === undefined) commonOf.set(component, [core]);
    else list.push(core);
  }

  const members: Member[] = [];
  const common: Node[] = [];
  const cut: number[] = [];
  const whole: number[][] = [];
  for (const [component, list] of gathered) {
    const roots = list.map((k) => positions[k] ?? 0);
    const single = list.length === 1 ? alone[component] : undefined;
    const cores = commonOf.get(component) ?? [];
    if (single !== undefined) members.push(single);
    else if (list.length <= maxGroup) {
      members.push(families.memberOf(roots.map(rootAt), roots, []));
    } else if (2 * cores.length <= list.length && cores.every(fitsMemory)) {
      for (const core of cores) common.push(core);
      for (const root of roots) cut.push(root);
    } else whole.push(roots);
  }
  return { members, common, cut, whole };
}
