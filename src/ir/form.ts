/**
 * The form of a node: its kind, dtype and structural attributes, interned. Two nodes of one form differ at most in
 * their inputs, their sizes and bounds, and what they stand for (leaves); comparing forms is comparing pointers.
 */
import type { DType } from './dtype.ts';
import {
  attributeTypes,
  kindNames,
  kindRow,
  type AttributeRole,
  type AttributeType,
  type Kind,
  type StructureOf,
} from './schema.ts';

export interface Form {
  readonly kind: Kind;
  readonly dtype: DType;
  /** No other form has this text: `reduce min 1 float64`. */
  readonly text: string;
  /** Whether the shape is part of what a node is, beside the form. */
  readonly hasOwnSizes: boolean;
  /** Whether nodes have numbers among their attributes, such as the bounds of a slice. */
  readonly hasNumbers: boolean;
  /** Whether it stands for something that no attribute of structure names: an array, a slot, a value. */
  readonly hasValue: boolean;
}

interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
}

const attributesWith = (role: AttributeRole): ReadonlyMap<Kind, readonly Attribute[]> =>
  new Map(
    kindNames.map((kind) => [
      kind,
      Object.entries(kindRow(kind).attributes)
        .map(([name, type]) => ({ name, type }))
        .filter(({ type }) => attributeTypes[type].role === role),
    ]),
  );

const byRole: Readonly<Record<AttributeRole, ReadonlyMap<Kind, readonly Attribute[]>>> = {
  structure: attributesWith('structure'),
  number: attributesWith('number'),
  value: attributesWith('value'),
};

const none: readonly Attribute[] = [];

/** The attributes of a kind that have this role, in the order of the schema. */
export const attributesOf = (kind: Kind, role: AttributeRole): readonly Attribute[] =>
  byRole[role].get(kind) ?? none;

export const attributeText = (type: AttributeType, value: unknown): string =>
  attributeTypes[type].text(value);

/** All forms of one dtype, by structural attributes: a level for each. */
interface Branch {
  form: Form | undefined;
  readonly next: Map<unknown, Branch>;
}

const branch = (): Branch => ({ form: undefined, next: new Map() });

function below(from: Branch, key: unknown): Branch {
  let found = from.next.get(key);
  if (found === undefined) {
    found = branch();
    from.next.set(key, found);
  }
  return found;
}

/** What finds an attribute in a level: numbers and names themselves, lists by their key. */
function keyOf(type: AttributeType): (value: unknown) => unknown {
  const row = attributeTypes[type];
  return 'key' in row ? (row.key as (value: unknown) => unknown) : (value) => value;
}

/** Every structural attribute of the kind, in the order of the schema. */
type StructureNames<K extends Kind> = readonly [
  first?: keyof StructureOf<K>,
  second?: keyof StructureOf<K>,
  third?: keyof StructureOf<K>,
];
type Complete<K extends Kind, N extends StructureNames<K>> = [keyof StructureOf<K>] extends [N[number]]
  ? N
  : never;
type Values<K extends Kind, N extends StructureNames<K>> = {
  readonly [I in keyof N]: N[I] extends keyof StructureOf<K> ? StructureOf<K>[N[I]] : never;
};

/**
 * The forms of a kind, by dtype and the structural attributes that are named: all of them, or it does not compile.
 * Nodes are made all the time, so a form that exists is found without making its text.
 */
export function formsOf<K extends Kind, const N extends StructureNames<K>>(
  kind: K,
  names: Complete<K, N>,
): (dtype: DType, ...values: Values<K, N>) => Form {
  const forms = branch();
  const types = names.map((name) => kindRow(kind).attributes[String(name)]);
  const [firstKey, secondKey, thirdKey] = types.map((type) => (type === undefined ? undefined : keyOf(type)));
  const make = (dtype: DType, values: readonly unknown[]): Form => {
    const attributes = types.map((type, k) =>
      type === undefined ? '' : `${attributeText(type, values[k])} `,
    );
    return {
      kind,
      dtype,
      text: `${kind} ${attributes.join('')}${dtype}`,
      hasOwnSizes: kindRow(kind).sizes === 'own',
      hasNumbers: attributesOf(kind, 'number').length > 0,
      hasValue: attributesOf(kind, 'value').length > 0,
    };
  };
  const search = (dtype: DType, first: unknown, second: unknown, third: unknown): Form => {
    let at = below(forms, dtype);
    if (firstKey !== undefined) at = below(at, firstKey(first));
    if (secondKey !== undefined) at = below(at, secondKey(second));
    if (thirdKey !== undefined) at = below(at, thirdKey(third));
    return (at.form ??= make(dtype, [first, second, third]));
  };
  // Programs make runs of nodes of one form: what was found last.
  let last: Form | undefined;
  let lastFirst: unknown;
  let lastSecond: unknown;
  let lastThird: unknown;
  const find = (dtype: DType, first?: unknown, second?: unknown, third?: unknown): Form => {
    if (last?.dtype === dtype && lastFirst === first && lastSecond === second && lastThird === third)
      return last;
    last = search(dtype, first, second, third);
    lastFirst = first;
    lastSecond = second;
    lastThird = third;
    return last;
  };
  return find as (dtype: DType, ...values: Values<K, N>) => Form;
}
