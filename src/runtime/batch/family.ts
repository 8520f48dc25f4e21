/**
 * Families: expressions that are one structure over different numbers, the sum of a[0:7] * b[0:7] and that of
 * a[0:9] * b[0:9]. They have the plan key of `passes/bind.ts` in common, and so one plan and one kernel.
 *
 * The first member of a family is encoded; it becomes a template. Others are laid over it from the roots down, as in
 * `recognize.ts`, but sizes, slice bounds and ordinary scalars are read off instead of being compared. That takes a
 * fraction of the time that encoding takes, which counts when thousands of roots come at once.
 */
import { InternalError } from '../../ir/errors.ts';
import type { Scalar } from '../../ir/dtype.ts';
import { numbersOf, type ArraySource, type Node } from '../../ir/node.ts';
import { kindRow } from '../../ir/schema.ts';
import { encode, isStructural, type Encoding } from '../../passes/bind.ts';
import { cpuProfile } from '../../passes/profile.ts';
import { shareWeight } from '../../passes/weight.ts';
import { ownWeight } from '../../passes/weight.ts';
import { computationOf, inputsOf, valuesUnder } from '../evaluate/prepare.ts';
import type { EvaluateOptions } from '../evaluate/options.ts';
import type { PreparedPlan } from '../evaluate/bindPlan.ts';
import { hasValues, type Resolve } from '../evaluate/kept.ts';
import { isReused } from '../evaluate/reuse.ts';

/** What distinguishes the members of a family: the numbers, scalars and arrays of `Encoding`, slot by slot. */
export interface Member {
  readonly family: Family;
  /** The roots it is made of, by position among those that are evaluated. */
  readonly roots: readonly number[];
  readonly numbers: readonly number[];
  readonly scalars: readonly Scalar[];
  readonly inputs: readonly ArraySource[];
}

/** A size or slice bound: what it must be, or the slot it goes to. */
type Place = { readonly literal: number } | { readonly slot: number };

interface Step {
  /** The node of the first member. */
  readonly node: Node;
  /** Positions. */
  readonly inputs: readonly number[];
  /** The sizes that are part of the structure; none where they follow from the inputs. */
  readonly sizes: readonly Place[];
  /** Of `numbersOf`. */
  readonly bounds: readonly Place[];
  readonly scalarSlot: number | undefined;
  /** Values that stand for the node whatever is there: they are known to be the same for all members. */
  readonly given: ArraySource | undefined;
  /** Whether computing it for every member anew is worth avoiding. */
  readonly isCostly: boolean;
}

const literalOne: Place = { literal: 1 };
const noPlaces: readonly Place[] = [];

export class Family {
  /** Nodes inputs first. */
  readonly steps: readonly Step[];
  readonly #encoding: Encoding;
  /** By slot of the encoding: positions. */
  readonly #arrays: readonly number[];
  #prepared: PreparedPlan | undefined;

  /** `given`: nodes of the encoding that are the same values for all members. */
  constructor(encoding: Encoding, given: ReadonlySet<Node> = new Set()) {
    this.#encoding = encoding;
    const { order } = encoding;
    const positions = new Map(order.map((node, position) => [node, position]));
    const at = (node: Node): number => {
      const position = positions.get(node);
      if (position === undefined)
        throw new InternalError('evaluate', `a ${node.kind} is not in the encoding`);
      return position;
    };
    this.#arrays = encoding.arrays.map(at);
    const weights: number[] = [];
    const steps: Step[] = [];
    for (const node of order) {
      const inputs = node.inputs.map(at);
      const weight = inputs.reduce((sum, input) => sum + (weights[input] ?? 0), ownWeight(node));
      weights.push(Math.min(weight, shareWeight));
      const { sizes, fusion } = kindRow(node.kind);
      const folds = fusion === 'fold' || fusion === 'scan' || fusion === 'opaque';
      steps.push({
        node,
        inputs,
        sizes: sizes === 'own' ? node.shape.map((size) => this.#sizePlace(size)) : noPlaces,
        bounds: this.#boundsOf(node),
        scalarSlot: encoding.scalarSlots.get(node),
        given: node.kind === 'data' && given.has(node) ? node.source : undefined,
        isCostly: folds || weight >= shareWeight || inputs.some((input) => steps[input]?.isCostly === true),
      });
    }
    this.steps = steps;
  }

  #sizePlace(size: number): Place {
    if (size === 1) return literalOne;
    const slot = this.#encoding.sizeSlots.get(size);
    if (slot === undefined) throw new InternalError('evaluate', `size ${size} has no slot`);
    return { slot };
  }

  #boundsOf(node: Node): Step['bounds'] {
    const bounds = this.#encoding.numberSlots.get(node);
    if (bounds === undefined) return noPlaces;
    return bounds.map((size) =>
      size.literal === undefined ? { slot: size.terms[0]?.slots[0] ?? -1 } : { literal: size.literal },
    );
  }

  get roots(): readonly number[] {
    return this.#encoding.roots;
  }

  planFor(options: EvaluateOptions): PreparedPlan {
    return (this.#prepared ??= computationOf(this.#encoding, options).planFor(cpuProfile));
  }

  /**
   * The roots at these positions as a member, if they are one, with values in the place of nodes that have some. Adds to
   * `shared` the costly expressions that others may have in common with them, and to `places` the nodes by place in the
   * template.
   */
  member(
    roots: readonly Node[],
    positions: readonly number[],
    shared: Node[],
    valueOf: Resolve | undefined,
    places: (Node | undefined)[] = nodes,
  ): Member | undefined {
    const { steps } = this;
    const found = shared.length;
    const numbers = unread(this.#encoding.numbers.length);
    const scalars: Scalar[] = unread(this.#encoding.scalars.length);
    places.length = 0;
    for (let position = 0; position < steps.length; position++) places.push(undefined);
    const fits = this.#lay(roots, places) && this.#read(places, { numbers, scalars }, shared, valueOf);
    const inputs = fits ? this.#inputsAt(places) : undefined;
    if (places === nodes) nodes.length = 0;
    if (inputs !== undefined) return { family: this, roots: positions, numbers, scalars, inputs };
    shared.length = found;
    return undefined;
  }

  #lay(roots: readonly Node[], places: (Node | undefined)[]): boolean {
    if (roots.length !== this.roots.length) return false;
    for (let k = 0; k < roots.length; k++) {
      const place = this.roots[k] ?? 0;
      if (places[place] !== undefined && places[place] !== roots[k]) return false;
      places[place] = roots[k];
    }
    return true;
  }

  #read(places: (Node | undefined)[], read: Reading, shared: Node[], valueOf: Resolve | undefined): boolean {
    const { steps } = this;
    for (let position = steps.length - 1; position >= 0; position--) {
      const [step, node] = [steps[position], places[position]];
      if (step === undefined || node === undefined) return false;
      if (!readNumbers(step, node, read)) return false;
      if (step.given !== undefined) continue;
      if (step.node.form !== node.form || step.node.shape.length !== node.shape.length) return false;
      const { inputs } = node;
      if (inputs.length !== step.inputs.length) return false;
      for (let k = 0; k < inputs.length; k++) {
        const place = step.inputs[k] ?? 0;
        const given = inputs[k];
        if (given === undefined) return false;
        const input = given.inputs.length > 0 ? (valueOf?.(given) ?? given) : given;
        if (places[place] === undefined) places[place] = input;
        else if (places[place] !== input) return false;
      }
      if (step.isCostly && isReused(node)) shared.push(node);
    }
    return true;
  }

  #inputsAt(places: readonly (Node | undefined)[]): ArraySource[] | undefined {
    const inputs: ArraySource[] = [];
    for (const position of this.#arrays) {
      const given = this.steps[position]?.given;
      const node = places[position];
      if (given !== undefined) inputs.push(given);
      else if (node?.kind === 'data') inputs.push(node.source);
      else return undefined;
    }
    return inputs;
  }
}

interface Reading {
  readonly numbers: number[];
  readonly scalars: Scalar[];
}

/** Slots before they are read. */
const unread = (length: number): number[] => {
  const slots: number[] = [];
  for (let k = 0; k < length; k++) slots.push(NaN);
  return slots;
};

/** Nodes by position, while a graph is laid over a template. */
const nodes: (Node | undefined)[] = [];

/** Takes the numbers of a node; false where the structure has others. */
function readNumbers({ node: like, sizes, bounds, scalarSlot }: Step, node: Node, read: Reading): boolean {
  for (let axis = 0; axis < sizes.length; axis++)
    if (!readSize(sizes[axis], node.shape[axis], read.numbers)) return false;
  if (node.kind === 'constant' && like.kind === 'constant') {
    if (scalarSlot === undefined) return Object.is(node.value, like.value);
    if (isStructural(node.value) || !agrees(read.scalars[scalarSlot], node.value)) return false;
    read.scalars[scalarSlot] = node.value;
    return true;
  }
  if (bounds.length === 0) return true;
  const found = numbersOf(node);
  for (let k = 0; k < bounds.length; k++) {
    const [place, bound] = [bounds[k], found[k]];
    if (place === undefined || bound === undefined || !readBound(place, bound, read.numbers)) return false;
  }
  return true;
}

/** Slots are NaN until they are read. Ordinary scalars and sizes never are. */
const agrees = (known: Scalar | undefined, value: Scalar): boolean => Number.isNaN(known) || known === value;

function readSize(place: Place | undefined, size: number | undefined, numbers: number[]): boolean {
  if (place === undefined || size === undefined) return false;
  if ('literal' in place) return size === place.literal;
  if (size === 1 || !agrees(numbers[place.slot], size)) return false;
  numbers[place.slot] = size;
  return true;
}

function readBound(place: Place, bound: number, numbers: number[]): boolean {
  if ('literal' in place) return bound === place.literal;
  if (bound === 0 || bound === 1 || bound === -1 || !agrees(numbers[place.slot], bound)) return false;
  numbers[place.slot] = bound;
  return true;
}

/** So many families are tried before a graph is encoded. */
const triedFamilies = 12;

/** The families met so far, the last one met first. */
export class Families {
  readonly #byKey = new Map<string, Family>();
  readonly #recent: Family[] = [];
  readonly #options: EvaluateOptions;
  readonly #operation: string;

  constructor(options: EvaluateOptions, operation: string) {
    this.#options = options;
    this.#operation = operation;
  }

  /** What finds values that nodes have by now; `undefined` if none have. */
  valueOf(): Resolve | undefined {
    return hasValues() ? valuesUnder(this.#options) : undefined;
  }

  /** The roots, together, as a member of their family; see `Family.member`. */
  memberOf(roots: readonly Node[], positions: readonly number[], shared: Node[]): Member {
    const valueOf = this.valueOf();
    for (let k = 0; k < this.#recent.length; k++) {
      const family = this.#recent[k];
      const member = family?.member(roots, positions, shared, valueOf);
      if (family === undefined || member === undefined) continue;
      if (k > 0) this.#meet(family, k);
      return member;
    }
    const encoding = this.#encode(roots, valueOf ?? (() => undefined));
    // Sources are only checked for being there.
    inputsOf(this.#operation, encoding);
    let family = this.#byKey.get(encoding.key);
    if (family === undefined) {
      family = new Family(encoding);
      this.#byKey.set(encoding.key, family);
    }
    this.#meet(family, this.#recent.indexOf(family));
    const member = family.member(roots, positions, shared, valueOf);
    if (member === undefined)
      throw new InternalError(this.#operation, 'a graph does not fit its own template');
    return member;
  }

  /** A family like one of these roots, where the values of some nodes are given. */
  given(roots: readonly Node[], values: ReadonlyMap<Node, Node>): Family {
    const valueOf = this.valueOf();
    const encoding = this.#encode(roots, (node) => values.get(node) ?? valueOf?.(node));
    return new Family(encoding, new Set(values.values()));
  }

  #encode(roots: readonly Node[], resolve: (node: Node) => Node | undefined): Encoding {
    return encode(roots, resolve, this.#options.disable?.includes('bind') !== true);
  }

  /** Puts a family in front, from where it is. */
  #meet(family: Family, from: number): void {
    if (from >= 0) this.#recent.splice(from, 1);
    this.#recent.unshift(family);
    if (this.#recent.length > triedFamilies) this.#recent.pop();
  }
}
