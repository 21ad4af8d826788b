import { isDeepStrictEqual } from 'node:util';
import type { Protocol, TargetName, World } from './world.ts';

/** A service's observed behavior: JSON without anything that differs between runs. */
export type Seen = string | number | boolean | null | readonly Seen[] | SeenObject;

export interface SeenObject {
  readonly [name: string]: Seen | undefined;
}

/** One behavior of AWS that Errand relies on. */
export interface Case {
  /** The case's name, a sentence that is unique within its suite. */
  readonly name: string;
  /** The page of AWS's documentation that describes the behavior, or a recording from AWS. */
  readonly page: string;
  /** What AWS does according to that page. */
  readonly aws: Seen;
  /** Runs the case. It creates what it needs under unique names, because cases share a target and run in any order. */
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
  /** The case's result on the target. An object lists only the members that differ; `undefined` stands for a missing member. */
  readonly does: Seen;
  /** The result in words. */
  readonly says: string;
  /** What AWS does, in words. */
  readonly aws: string;
  /** The page of AWS's documentation that describes it, if it is not the case's own page; `none` if we know of no such page. */
  readonly page?: string;
}

/** How long a case may take, in milliseconds. */
const CASE_MS = 60_000;

/**
 * Runs a case, and compares its result with AWS's documentation and the known differences.
 * @returns undefined if the result is as expected, otherwise a description of the deviation
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

/** The expected result on a target with this difference. */
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

/** A value as JSON, without undefined members. */
function asJson(value: unknown): Seen {
  return JSON.parse(JSON.stringify(value ?? null)) as Seen;
}

/** Unexpected errors are part of a case's result. */
function thrown(error: unknown): Seen {
  return { thrown: error instanceof Error ? error.name : String(error) };
}

function comparison(seen: Seen, name: string, expected: Seen): string {
  return `  seen: ${JSON.stringify(seen)}\n  ${name}: ${JSON.stringify(expected)}`;
}

/** The differences that name no existing case, or a case that does not differ. */
export function strayDifferences(
  differences: readonly Difference[],
  suites: readonly Suite[],
): readonly Difference[] {
  return differences.filter((difference) => {
    const contract = caseOf(difference, suites);
    return !contract || isDeepStrictEqual(contract.aws, withDifference(contract, difference));
  });
}

/** The case that a difference is about. */
export function caseOf(difference: Difference, suites: readonly Suite[]): Case | undefined {
  const suite = suites.find(({ protocol }) => protocol === difference.protocol);
  return suite?.cases.find(({ name }) => name === difference.case);
}
