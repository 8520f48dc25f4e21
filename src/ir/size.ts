/**
 * Symbolic sizes: polynomials with integer coefficients over run-time numbers.
 *
 * A plan is compiled once per structure, so its extents, strides and offsets are not numbers but expressions over
 * the numbers of one evaluation ("bindings"): the stride of a row is `s1`, the offset of a slice `s2*s1`. Keeping
 * them in a normal form (sorted terms) makes equality a string comparison, which is all the algebra fusion and
 * axis collapsing need.
 */

/** A product of binding slots with a coefficient; slots are sorted and may repeat. */
interface Term {
  readonly coefficient: number;
  readonly slots: readonly number[];
}

/** A polynomial in normal form. Compare with `sameSize`; `literal` is set when it is a plain number. */
export interface Size {
  readonly terms: readonly Term[];
  readonly key: string;
  readonly literal: number | undefined;
}

const termKey = (slots: readonly number[]): string => slots.map((slot) => `s${slot}`).join('*');

function build(terms: readonly Term[]): Size {
  const kept = terms.filter((term) => term.coefficient !== 0);
  const key =
    kept.length === 0
      ? '0'
      : kept
          .map(({ coefficient, slots }) =>
            slots.length === 0
              ? `${coefficient}`
              : coefficient === 1
                ? termKey(slots)
                : `${coefficient}*${termKey(slots)}`,
          )
          .join('+');
  const constant =
    kept.length === 0
      ? 0
      : kept.length === 1 && kept[0]?.slots.length === 0
        ? kept[0].coefficient
        : undefined;
  return { terms: kept, key, literal: constant };
}

const literals = new Map<number, Size>();

/** The size that is always `value`. */
export function literalSize(value: number): Size {
  let size = literals.get(value);
  if (size === undefined) {
    size = build([{ coefficient: value, slots: [] }]);
    if (literals.size < 256) literals.set(value, size);
  }
  return size;
}

export const zero: Size = literalSize(0);
export const one: Size = literalSize(1);

const slots: Size[] = [];

/** The size read from binding slot `slot`. */
export function slotSize(slot: number): Size {
  const known = slots[slot];
  if (known !== undefined) return known;
  const size = build([{ coefficient: 1, slots: [slot] }]);
  if (slot === slots.length && slot < 4096) slots.push(size);
  return size;
}

export const sameSize = (a: Size, b: Size): boolean => a === b || a.key === b.key;
export const isZero = (a: Size): boolean => a.literal === 0;
export const isOne = (a: Size): boolean => a.literal === 1;

function collect(terms: readonly Term[]): Size {
  const [only, second] = terms;
  if (only !== undefined && second === undefined)
    return only.slots.length === 0 ? literalSize(only.coefficient) : build(terms);
  const byKey = new Map<string, Term>();
  for (const term of terms) {
    const key = termKey(term.slots);
    const known = byKey.get(key);
    byKey.set(
      key,
      known === undefined ? term : { coefficient: known.coefficient + term.coefficient, slots: term.slots },
    );
  }
  return build(
    [...byKey.entries()].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, term]) => term),
  );
}

export function addSizes(a: Size, b: Size): Size {
  if (isZero(a)) return b;
  if (isZero(b)) return a;
  return collect([...a.terms, ...b.terms]);
}

export function multiplySizes(a: Size, b: Size): Size {
  if (isOne(a) || isZero(b)) return b;
  if (isOne(b) || isZero(a)) return a;
  const products: Term[] = [];
  for (const x of a.terms)
    for (const y of b.terms)
      products.push({
        coefficient: x.coefficient * y.coefficient,
        slots: [...x.slots, ...y.slots].toSorted((p, q) => p - q),
      });
  return collect(products);
}

export const productOfSizes = (sizes: readonly Size[]): Size => sizes.reduce(multiplySizes, one);

/** The number a size stands for under these bindings. */
export function evaluateSize(size: Size, bindings: ArrayLike<number>): number {
  if (size.literal !== undefined) return size.literal;
  let sum = 0;
  for (const { coefficient, slots } of size.terms) {
    let product = coefficient;
    for (const slot of slots) product *= bindings[slot] ?? NaN;
    sum += product;
  }
  return sum;
}
