import { isDeepStrictEqual } from 'node:util';
import type { Protocol, TargetName, World } from './world.ts';

/** A service's observed behavior, as JSON, without values that differ between runs. */
export type Seen = string | number | boolean | null | readonly Seen[] | SeenObject;

export interface SeenObject {
  readonly [name: string]: Seen | undefined;
}

/** An AWS behavior that Errand relies on. */
export interface Case {
  /** The case's name, a sentence that is unique within its suite. */
  readonly name: string;
  /** The AWS documentation page that describes the behavior, or a recording from AWS. */
  readonly page: string;
  /** AWS's behavior according to `page`. */
  readonly aws: Seen;
  /** Runs the case. The case must use unique names for everything that it creates, because cases share a target and run in any order. */
  observe(world: World): Promise<unknown>;
}

/** The cases for one protocol. */
export interface Suite {
  readonly protocol: Protocol;
  readonly cases: readonly Case[];
}

/** A case in which a target differs from AWS. */
export interface Difference {
  readonly target: TargetName;
  readonly protocol: Protocol;
  /** The case's name. */
  readonly case: string;
  /** The case's result on the target. An object contains only the members that differ, with `undefined` for a missing member. */
  readonly does: Seen;
  /** The result in words. */
  readonly says: string;
  /** AWS's behavior in words. */
  readonly aws: string;
  /** The AWS documentation page for this behavior, if it differs from the case's page; `none` if no such page is known. */
  readonly page?: string;
}

/** How long a case may take, in milliseconds. */
const CASE_MS = 60_000;

/**
 * Runs a case, and compares its result with AWS's documentation and the known differences.
 * @returns a description of the deviation; undefined if the result is as expected
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

/** Returns the expected result on a target with this difference. */
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

/** Converts a value to JSON, without undefined members. */
function asJson(value: unknown): Seen {
  return JSON.parse(JSON.stringify(value ?? null)) as Seen;
}

/** Returns the result of a case that threw an unexpected error. */
function thrown(error: unknown): Seen {
  return { thrown: error instanceof Error ? error.name : String(error) };
}

function comparison(seen: Seen, name: string, expected: Seen): string {
  return `  seen: ${JSON.stringify(seen)}\n  ${name}: ${JSON.stringify(expected)}`;
}

/** Returns the entries in the list of differences that name an unknown case, or expect the same result as AWS. */
export function strayDifferences(
  differences: readonly Difference[],
  suites: readonly Suite[],
): readonly Difference[] {
  return differences.filter((difference) => {
    const contract = caseOf(difference, suites);
    return !contract || isDeepStrictEqual(contract.aws, withDifference(contract, difference));
  });
}

/** Returns the case that a difference refers to. */
export function caseOf(difference: Difference, suites: readonly Suite[]): Case | undefined {
  const suite = suites.find(({ protocol }) => protocol === difference.protocol);
  return suite?.cases.find(({ name }) => name === difference.case);
}
