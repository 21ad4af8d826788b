import type { CatalogueEntry } from '../../lambdas/job/catalogue.ts';
import type { JsonSchema } from '../../lambdas/job/definition-schemas.ts';
import { pathOfKey } from '../../lambdas/job/flow-control.ts';

/** Checks the payload paths in a job type's limits. Returns one line for each path that doesn't lead to a string, number or boolean field. */
export function keyProblems({ name, flow, payload }: CatalogueEntry): string[] {
  const keys = { 'concurrency.key': flow?.concurrency?.key, 'rateLimit.key': flow?.rate_limit?.key };
  return Object.entries(keys).flatMap(([option, key]) => {
    const path = key === undefined ? undefined : pathOfKey(key);
    if (!path || canHoldScalar(payload, path, { root: payload, followed: [] })) return [];
    return [
      `job "${name}": ${option} is "${key ?? ''}", but the payload's schema has no string, number or boolean there: name a field of the payload, or use a key that does not begin with "payload."`,
    ];
  });
}

interface Place {
  readonly root: JsonSchema;
  /** The `$ref`s that have been followed for the current field, to detect a schema that refers to itself. */
  readonly followed: readonly string[];
}

/**
 * Whether a path in a payload can lead to a string, a number or a boolean. A field counts if the schema declares it by name, by a pattern,
 * or with an explicit `additionalProperties`. Returns true when in doubt.
 */
function canHoldScalar(schema: unknown, path: readonly string[], place: Place): boolean {
  if (typeof schema !== 'object' || schema === null) return schema !== false;
  const {
    $ref,
    allOf = [],
    anyOf = [],
    oneOf = [],
  } = schema as {
    $ref?: string;
    allOf?: unknown[];
    anyOf?: unknown[];
    oneOf?: unknown[];
  };
  const parts = [...allOf, ...anyOf, ...oneOf];
  if (parts.some((part) => canHoldScalar(part, path, place))) return true;
  if ($ref !== undefined) {
    if (place.followed.includes($ref)) return false;
    const target = referenced($ref, place.root);
    const isPossible =
      target === undefined || canHoldScalar(target, path, { ...place, followed: [...place.followed, $ref] });
    if (isPossible) return true;
  }
  const saysNothing = Object.keys(schema).every((keyword) => ANNOTATIONS.has(keyword));
  if (saysNothing) return true;
  const [head, ...rest] = path;
  if (head === undefined) return describesScalar(schema);
  const children = childrenOf(schema, head);
  return children.some((child) => canHoldScalar(child, rest, { root: place.root, followed: [] }));
}

/** Keywords that don't restrict a value. */
const ANNOTATIONS = new Set([
  '$schema',
  '$id',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
]);

/** Returns the target of a reference within the same document; undefined for any other reference. */
function referenced($ref: string, root: JsonSchema): unknown {
  if (!$ref.startsWith('#')) return undefined;
  const names = $ref
    .slice(1)
    .split('/')
    .slice(1)
    .map((name) => decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~'));
  return names.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], root);
}

function describesScalar(schema: object): boolean {
  const {
    type,
    enum: values,
    const: value,
  } = schema as { type?: unknown; enum?: unknown[]; const?: unknown };
  const isScalar = (each: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof each);
  if ('const' in schema) return isScalar(value);
  if (values) return values.some(isScalar);
  // If `type` is missing, the value may be a scalar unless another keyword requires a different type.
  if (type === undefined)
    return !['properties', 'items', 'anyOf', 'oneOf', 'allOf', '$ref'].some((keyword) => keyword in schema);
  return [type].flat().some((each) => ['string', 'number', 'integer', 'boolean'].includes(each as string));
}

/** Returns the schemas of an object's field, or of an array's element. */
function childrenOf(schema: object, name: string): unknown[] {
  const {
    properties = {},
    patternProperties = {},
    additionalProperties,
    prefixItems = [],
    items,
  } = schema as {
    properties?: Record<string, unknown>;
    patternProperties?: Record<string, unknown>;
    additionalProperties?: unknown;
    prefixItems?: unknown[];
    items?: unknown;
  };
  if (Object.hasOwn(properties, name)) return [properties[name]];
  const patterns = Object.entries(patternProperties).filter(([pattern]) =>
    new RegExp(pattern, 'u').test(name),
  );
  if (patterns.length > 0) return patterns.map(([, child]) => child);
  if (/^\d+$/.test(name))
    return [prefixItems[Number(name)] ?? items, additionalProperties].filter((each) => each !== undefined);
  return additionalProperties === undefined ? [] : [additionalProperties];
}
