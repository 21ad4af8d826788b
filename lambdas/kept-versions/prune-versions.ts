import type { FunctionVersions } from '../adapters/lambda/function-versions.ts';

/** The versions of one worker that stay. */
export interface KeptVersionsOfWorker {
  readonly functionName: string;
  /** The version that messages invoke. Later ones, of a deployment that was rolled back, stay too. */
  readonly version: number;
  /** How many earlier versions stay. */
  readonly keep: number;
}

/** Deletes all earlier versions but the newest ones. @returns those that it deleted */
export async function pruneVersions(
  { functionName, version, keep }: KeptVersionsOfWorker,
  versions: FunctionVersions,
): Promise<number[]> {
  const earlier = (await versions.list(functionName)).filter((each) => each < version);
  const old = earlier.slice(0, Math.max(0, earlier.length - keep));
  for (const each of old) await versions.delete(functionName, each);
  return old;
}
