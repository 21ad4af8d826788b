import type { Pick } from '../../helpers/pick.ts';
import { cbor } from '@smithy/core/cbor';
import { gzipSync } from 'node:zlib';
import { headerOf, setHeader, type Draft, type Mutation } from './draft.ts';

const DEPTH = 20_000;
const LONG = 100_000;
const MAX_WALKED = 20_000;

/** Replacement values, as JSON. */
const VALUES = [
  ...['null', 'true', 'false', '0', '-1', '-0', '0.5', '1e308', '1e400', '-1e400', '9007199254740993'],
  ...['""', '" "', '"0"', '"-1"', '"1e999"', '"NaN"', '"\\u0000"', '"\\ud800"', '"\\u202e"', '"é"'],
  ...['"__proto__"', '"constructor"', '"*"', '"%"', '"%00"', '"../../etc/passwd"', '"arn:aws:::"', '"{}"'],
  ...['[]', '{}', '[null]', '[[]]', '[{}]', '{"":null}', '{"__proto__":{"x":1}}', '{"S":1}', '{"N":"x"}'],
  ...['{"length":1}', '{"L":[null]}', '{"M":null}', '"2026-02-30T25:61:61Z"', '"<&\\"\'>"', '"\\r\\n"'],
];

const BIG_VALUES: Readonly<Record<string, () => string>> = {
  'a long string': () => JSON.stringify('x'.repeat(LONG)),
  'a long number': () => '9'.repeat(1000),
  'many nulls': () => `[${'null,'.repeat(LONG)}null]`,
  'deep lists': () => `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`,
  'deep objects': () => `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`,
  'deep attributes': () => `${'{"L":['.repeat(DEPTH)}${']}'.repeat(DEPTH)}`,
  'many members': () => `{${Array.from({ length: 5000 }, (_, index) => `"m${index}":1`).join(',')}}`,
};

/** Replaces, removes, adds or renames a value in a JSON or CBOR body. */
const mutateValue: Mutation = (draft, pick) => {
  const isCbor = headerOf(draft, 'content-type')?.startsWith('application/cbor') === true;
  const tree = treeOf(draft, isCbor);
  // An earlier mutation may have nested the body too deeply for a recursive walk.
  if (typeof tree !== 'object' || tree === null || draft.body.length > MAX_WALKED)
    return replaceBody(draft, pick);
  const paths = pathsIn(tree);
  const path = paths[pick.upTo(paths.length - 1)] ?? [];
  const place = JSON.stringify(path);
  const action = pick.from('set', 'set', 'set', 'big', 'remove', 'add', 'wrap', 'list', 'swap');
  const write = (mutate: (parent: Record<PropertyKey, unknown>, name: PropertyKey) => void, raw?: string) => {
    const holder = { root: tree as unknown };
    const full = ['root', ...path];
    const parent = full
      .slice(0, -1)
      .reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown>)[step], holder);
    mutate(parent as Record<PropertyKey, unknown>, full.at(-1) ?? 'root');
    // `json` is undefined if the whole body was removed.
    const json = JSON.stringify(holder.root) as string | undefined;
    draft.body = isCbor
      ? encodeCbor(holder.root, raw)
      : Buffer.from((json ?? '').replace(`"${MARK}"`, () => raw ?? 'null'));
  };
  const setTo = (raw: string) => {
    write((parent, name) => (parent[name] = MARK), raw);
  };
  switch (action) {
    case 'set': {
      const raw = pick.from(...VALUES);
      setTo(raw);
      return `${place} = ${raw}`;
    }
    case 'big': {
      const name = pick.from(...Object.keys(BIG_VALUES));
      setTo(BIG_VALUES[name]?.() ?? '');
      return `${place} = ${name}`;
    }
    case 'remove':
      write((parent, name) => Reflect.deleteProperty(parent, name));
      return `${place} removed`;
    case 'swap': {
      const other = paths[pick.upTo(paths.length - 1)] ?? [];
      const found = other.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown>)[step], tree);
      const copy = structuredClone(found);
      write((parent, name) => (parent[name] = copy));
      return `${place} = the value at ${JSON.stringify(other)}`;
    }
    case 'wrap':
      write((parent, name) => (parent[name] = { x: parent[name] }));
      return `${place} in an object`;
    case 'list':
      write((parent, name) => (parent[name] = [parent[name], null, parent[name]]));
      return `${place} in a list`;
    case 'add': {
      const member = pick.from('__proto__', 'constructor', 'toString', '', 'x', '\0', 'Ünknown');
      write((parent, name) => {
        const value = parent[name];
        const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
        parent[name] = Object.fromEntries([...members, [member, 1]]);
      });
      return `${place} with ${JSON.stringify(member)}`;
    }
  }
};

const MARK = '@@rubbish@@';

function treeOf(draft: Draft, isCbor: boolean): unknown {
  try {
    const parsed: unknown = isCbor ? cbor.deserialize(draft.body) : JSON.parse(draft.body.toString());
    return parsed;
  } catch {
    return undefined;
  }
}

function encodeCbor(value: unknown, raw = 'null'): Buffer {
  const replaced = (each: unknown): unknown => {
    if (each === MARK) return JSON.parse(raw);
    if (Array.isArray(each)) return each.map(replaced);
    if (typeof each !== 'object' || each === null || each instanceof Uint8Array) return each;
    if ('tag' in each) return each;
    return Object.fromEntries(Object.entries(each).map(([name, inner]) => [name, replaced(inner)]));
  };
  try {
    return Buffer.from(cbor.serialize(replaced(value) as never));
  } catch {
    // The bytes are assembled here, because the encoder is recursive too and would overflow the stack.
    return Buffer.alloc(DEPTH, 0x81);
  }
}

type Path = readonly (string | number)[];

function pathsIn(tree: unknown): [Path, ...Path[]] {
  const inside = (value: unknown, path: Path): Path[] => {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [path];
    const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    return [
      path,
      ...entries.flatMap(([name, each]: [string | number, unknown]) => inside(each, [...path, name])),
    ];
  };
  return [[], ...inside(tree, []).slice(1)];
}

const replaceBody = (draft: Draft, pick: Pick): string => {
  const whole = pick.from('', 'null', '[]', '"x"', '{', '\0', '{"a":1}{"b":2}', '<x/>', '<', 'a=b&a=c');
  draft.body = Buffer.from(whole);
  return `the body ${JSON.stringify(whole)}`;
};

const truncate: Mutation = (draft, pick) => {
  const length = pick.upTo(Math.max(0, draft.body.length - 1));
  draft.body = draft.body.subarray(0, length);
  return `the first ${length} bytes of the body`;
};

const flip: Mutation = (draft, pick) => {
  const bytes = Buffer.from(draft.body);
  const changes = pick.between(1, 4);
  for (let each = 0; each < changes && bytes.length > 0; each += 1)
    bytes[pick.upTo(bytes.length - 1)] = pick.upTo(255);
  draft.body = bytes;
  return `${changes} other bytes`;
};

const insert: Mutation = (draft, pick) => {
  const at = pick.upTo(draft.body.length);
  const inserted = pick.from(
    ...[
      '\xff\xfe',
      '\xc0\xaf',
      '\xed\xa0\x80',
      '\0',
      '<!DOCTYPE a [<!ENTITY b "c">]>',
      '&b;',
      '&#0;',
      '<![CDATA[',
      '<a b="c">',
      '%',
      '&',
      '=',
    ],
  );
  draft.body = Buffer.concat([
    draft.body.subarray(0, at),
    Buffer.from(inserted, 'latin1'),
    draft.body.subarray(at),
  ]);
  return `${JSON.stringify(inserted)} at ${at}`;
};

const random: Mutation = (draft, pick) => {
  draft.body = Buffer.from(pick.bytes(300));
  return `the body ${draft.body.toString('hex')}`;
};

const compress: Mutation = (draft, pick) => {
  const what = pick.from('the body', 'a bomb', 'half', 'a lie');
  const bytes = gzipSync(what === 'a bomb' ? Buffer.alloc(64 * 1024 * 1024) : draft.body);
  if (what === 'half') draft.body = bytes.subarray(0, bytes.length / 2);
  else if (what !== 'a lie') draft.body = bytes;
  setHeader(draft, 'content-encoding', 'gzip');
  return `gzip of ${what}`;
};

const CBOR_BYTES = [
  ...[
    '9bffffffffffffffff',
    '9a7fffffff',
    '9a00ffffff',
    'bbffffffffffffffff',
    'ba7fffffff',
    '5bffffffffffffffff',
    '7a7fffffff',
  ],
  ...[
    '9f',
    'bf',
    '5f',
    '7f',
    'ff',
    'c1',
    'c249ffffffffffffffffff',
    'fb7ff8000000000000',
    'f97c00',
    'a1f6f6',
    'a16178f7',
    '1bffffffffffffffff',
  ],
];

const cborBytes: Mutation = (draft, pick) => {
  const hex = pick.from(...CBOR_BYTES, '81'.repeat(DEPTH), 'a16178'.repeat(DEPTH));
  draft.body = Buffer.from(hex, 'hex');
  setHeader(draft, 'content-type', 'application/cbor');
  setHeader(draft, 'smithy-protocol', 'rpc-v2-cbor');
  return `the CBOR ${hex.slice(0, 40)}`;
};

/** Mutations of the body. Most of them change its JSON values. */
export const BODY_MUTATIONS: readonly Mutation[] = [
  ...Array.from({ length: 8 }, () => mutateValue),
  ...[replaceBody, truncate, truncate, flip, insert, random, compress, cborBytes],
];
