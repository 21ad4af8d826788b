import fc from 'fast-check';
import { chosenBy } from './pick.ts';

/** The subset of JSON Schema that the generators support. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema | false;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
}

/** The maximum number of items and the maximum string length, unless the schema has a higher minimum. */
const FEW = 4;
const MAX_LENGTH = 12;
const LARGEST = 1_000_000;
const MAX_DEPTH = 6;

/**
 * Generates values that match a schema.
 *
 * @param root the schema that contains the definitions
 * @throws Error if the schema uses an unsupported keyword
 */
export function fittingValues(schema: JsonSchema, root = schema, depth = 0): fc.Arbitrary<unknown> {
  const inside = (each: JsonSchema): fc.Arbitrary<unknown> => fittingValues(each, root, depth + 1);
  const { $ref, anyOf, oneOf, allOf } = schema;
  if ($ref !== undefined) {
    const target = $ref === '#' ? root : root.$defs?.[$ref.replace('#/$defs/', '')];
    if (!target) throw new Error(`Nothing is at ${$ref}.`);
    return inside(target);
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = anyOf ?? oneOf;
  if (choices) {
    // Beyond the maximum depth, only the last alternative without a `$ref` is used, which ends the recursion of a recursive schema.
    const reachable =
      depth > MAX_DEPTH ? choices.filter((each) => each.$ref === undefined).slice(-1) : choices;
    return fc.oneof(...(reachable.length > 0 ? reachable : choices).map(inside));
  }
  if (allOf) return inside(allOf.reduce<JsonSchema>((merged, each) => ({ ...merged, ...each }), {}));
  // Beyond the maximum depth, an empty list ends the recursion of a recursive schema.
  if (schema.type === 'array' && depth > MAX_DEPTH && (schema.minItems ?? 0) === 0) return fc.constant([]);
  const types = [schema.type ?? []].flat();
  if (types.length === 0) return fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' }).filter(isExact);
  return fc.oneof(...types.map((type) => ofType(type, schema, inside)));
}

/** Whether the API accepts all numbers in the value. The API refuses numbers that a double can't represent exactly. */
function isExact(value: unknown): boolean {
  return !/\d{16}|\de\+/.test(JSON.stringify(value));
}

function ofType(
  type: string,
  schema: JsonSchema,
  inside: (each: JsonSchema) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return numbers(type, schema);
    case 'string':
      return strings(schema);
    case 'array':
      return lists(schema, inside);
    case 'object':
      return objects(schema, inside);
    default:
      throw new Error(`The type ${type} is unknown.`);
  }
}

function numbers(type: string, schema: JsonSchema): fc.Arbitrary<number> {
  const {
    minimum = -LARGEST,
    maximum = LARGEST,
    exclusiveMinimum,
    exclusiveMaximum,
    multipleOf = 1,
  } = schema;
  const step = type === 'integer' || schema.multipleOf !== undefined ? multipleOf : undefined;
  const min = Math.max(minimum, exclusiveMinimum ?? -LARGEST);
  const max = Math.min(maximum, exclusiveMaximum ?? LARGEST);
  const fits = (value: number) => value !== exclusiveMinimum && value !== exclusiveMaximum;
  if (step === undefined) return fc.double({ min, max, noNaN: true, noDefaultInfinity: true }).filter(fits);
  return fc
    .integer({ min: Math.ceil(min / step), max: Math.floor(max / step) })
    .map((count) => count * step)
    .filter(fits);
}

const FORMATS: Readonly<Record<string, () => fc.Arbitrary<string>>> = {
  uuid: () => fc.uuid(),
  email: () => fc.emailAddress().filter((address) => /^[\w.+-]+@[\w.-]+$/.test(address)),
  'date-time': () =>
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
  date: () =>
    fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
      .map((date) => date.toISOString().slice(0, 10)),
  uri: () => fc.webUrl(),
  ipv4: () => fc.ipV4(),
};

function strings({ pattern, format, minLength = 0, maxLength }: JsonSchema): fc.Arbitrary<string> {
  const known = format === undefined ? undefined : FORMATS[format];
  if (known) return known();
  const fits = (text: string) => text.length >= minLength && text.length <= (maxLength ?? Infinity);
  if (pattern !== undefined)
    return fc.stringMatching(new RegExp(pattern, 'u'), { maxLength: maxLength ?? 40 }).filter(fits);
  return fc.string({
    unit: 'grapheme-ascii',
    minLength,
    maxLength: Math.min(maxLength ?? Infinity, minLength + MAX_LENGTH),
  });
}

function lists(
  { prefixItems, items, minItems = 0, maxItems }: JsonSchema,
  inside: (each: JsonSchema) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown[]> {
  if (prefixItems) return fc.tuple(...prefixItems.map(inside));
  const item = items === undefined || items === false ? fc.constant(null) : inside(items);
  return fc.array(item, { minLength: minItems, maxLength: Math.min(maxItems ?? Infinity, minItems + FEW) });
}

function objects(
  { properties = {}, required = [], additionalProperties, propertyNames }: JsonSchema,
  inside: (each: JsonSchema) => fc.Arbitrary<unknown>,
): fc.Arbitrary<object> {
  const members = Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, inside(each)]));
  const known = fc.record(members, { requiredKeys: [...required].filter((name) => name in members) });
  if (typeof additionalProperties !== 'object') return known;
  const names = strings({ minLength: 1, ...propertyNames }).filter(
    (name) => !(name in {}) && !(name in properties),
  );
  return fc
    .tuple(known, fc.dictionary(names, inside(additionalProperties), { maxKeys: FEW, noNullPrototype: true }))
    .map(([fixed, others]) => ({ ...others, ...fixed }));
}

type Path = readonly (string | number)[];

/** The replacement values that mutations use. */
const WRONG = [null, true, -1, 0.5, 1e21, '', 'x', 'x'.repeat(5000), [], {}, [null], { unknown: 1 }];

/** Generates values with one mutation: a member or item is replaced, removed, or added. */
export function changed(value: fc.Arbitrary<unknown>): fc.Arbitrary<{ value: unknown; path: Path }> {
  return chosenBy((pick) => {
    const root = { value: structuredClone(pick.of(value)) };
    const path = pick.from(...pathsIn(root.value));
    const full: Path = ['value', ...path];
    const parent = full
      .slice(0, -1)
      .reduce<unknown>((at, step) => (at as Record<string | number, unknown>)[step], root) as Record<
      string | number,
      unknown
    >;
    const name = full.at(-1) ?? 'value';
    const action = pick.from('replace', 'replace', 'remove', 'add');
    const found = parent[name];
    if (action === 'add' && typeof found === 'object' && found !== null && !Array.isArray(found))
      parent[name] = { ...found, unknownMember: 1 };
    else if (action === 'remove' && !Array.isArray(parent) && path.length > 0)
      Reflect.deleteProperty(parent, name);
    else parent[name] = pick.from(...WRONG);
    return { value: root.value, path };
  });
}

function pathsIn(value: unknown, path: Path = []): [Path, ...Path[]] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [
    path,
    ...entries.flatMap(([name, each]: [string | number, unknown]) => pathsIn(each, [...path, name])),
  ];
}
