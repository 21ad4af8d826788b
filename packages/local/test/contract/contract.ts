import { isDeepStrictEqual } from 'node:util';
import type { Protocol, TargetName, World } from './world.ts';

/** What is seen of a service: JSON, without anything that differs from one run to the next. */
export type Seen = string | number | boolean | null | readonly Seen[] | SeenObject;

export interface SeenObject {
  readonly [name: string]: Seen | undefined;
}

/** One thing that Errand relies on. */
export interface Case {
  /** A sentence; unique within its suite. */
  readonly name: string;
  /** The page of AWS's documentation that says so, or a recording of AWS. */
  readonly page: string;
  /** What AWS does, by that page. */
  readonly aws: Seen;
  /** Makes what it needs, under names of its own: cases share a target, and run in any order. */
  observe(world: World): Promise<unknown>;
}

/** The cases of one protocol. */
export interface Suite {
  readonly protocol: Protocol;
  readonly cases: readonly Case[];
}

/** A case in which a target does something else than AWS. */
export interface Difference {
  readonly target: TargetName;
  readonly protocol: Protocol;
  /** The name of the case. */
  readonly case: string;
  /** What the case sees there; of an object the members alone that differ, `undefined` for one that is missing. */
  readonly does: Seen;
  /** The same in words. */
  readonly says: string;
  /** What AWS does, in words. */
  readonly aws: string;
  /** The page of AWS's documentation that says so, if not the one of the case; `none` where we know of no page that does. */
  readonly page?: string;
}

/** How long a case may take, in milliseconds. */
const CASE_MS = 60_000;

/**
 * Runs a case, and judges it by what AWS documents and by what is known to differ.
 * @returns undefined if all is as it should be, else what is not, for a person to read
 */
export async function judge(
  { protocol }: Suite,
  contract: Case,
  world: World,
  differences: readonly Difference[],
): Promise<string | undefined> {
  const known = differences.find(
    (difference) =>
      difference.target === world.target &&
      difference.protocol === protocol &&
      difference.case === contract.name,
  );
  const seen = await observe(contract, world);
  if (isDeepStrictEqual(seen, contract.aws)) {
    return known && 'It does what AWS documents: take it off packages/local/test/contract/differences.ts.';
  }
  if (!known) return `It differs from AWS (${contract.page}).\n${comparison(seen, 'AWS', contract.aws)}`;
  const listed = withDifference(contract, known);
  if (isDeepStrictEqual(seen, listed)) return undefined;
  return `It differs otherwise than packages/local/test/contract/differences.ts says.\n${comparison(seen, 'listed', listed)}`;
}

/** What is seen where a difference is all that differs. */
function withDifference({ aws }: Case, { does }: Difference): Seen {
  return asJson(isObject(aws) && isObject(does) ? { ...aws, ...does } : does);
}

function isObject(seen: Seen): seen is SeenObject {
  return typeof seen === 'object' && seen !== null && !Array.isArray(seen);
}

async function observe(contract: Case, world: World): Promise<Seen> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Seen>((resolve) => {
    timer = setTimeout(resolve, CASE_MS, { unanswered: `after ${CASE_MS / 1000} s` });
  });
  try {
    return await Promise.race([timeout, contract.observe(world).then(asJson, thrown)]);
  } finally {
    clearTimeout(timer);
  }
}

/** As it would be written: without what is undefined. */
function asJson(value: unknown): Seen {
  return JSON.parse(JSON.stringify(value ?? null)) as Seen;
}

/** What a case did not reckon with is seen as well. */
function thrown(error: unknown): Seen {
  return { thrown: error instanceof Error ? error.name : String(error) };
}

function comparison(seen: Seen, name: string, expected: Seen): string {
  return `  seen: ${JSON.stringify(seen)}\n  ${name}: ${JSON.stringify(expected)}`;
}

/** The differences that speak of no case, or of one that is no difference. */
export function strayDifferences(
  differences: readonly Difference[],
  suites: readonly Suite[],
): readonly Difference[] {
  return differences.filter((difference) => {
    const contract = caseOf(difference, suites);
    return !contract || isDeepStrictEqual(contract.aws, withDifference(contract, difference));
  });
}

/** The case that a difference speaks of. */
export function caseOf(difference: Difference, suites: readonly Suite[]): Case | undefined {
  const suite = suites.find(({ protocol }) => protocol === difference.protocol);
  return suite?.cases.find(({ name }) => name === difference.case);
}
