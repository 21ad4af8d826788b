import type { FunctionVersions } from '../adapters/lambda/function-versions.ts';

/** The versions of a worker to keep. */
export interface KeptVersionsOfWorker {
  readonly functionName: string;
  /** The version that messages invoke. Later versions, left over from a rolled-back deployment, are also kept. */
  readonly version: number;
  /** How many earlier versions to keep. */
  readonly keep: number;
}

/** Deletes all earlier versions except the newest `keep`. @returns the deleted versions */
export async function pruneVersions(
  { functionName, version, keep }: KeptVersionsOfWorker,
  versions: FunctionVersions,
): Promise<number[]> {
  const earlier = (await versions.list(functionName)).filter((each) => each < version);
  const old = earlier.slice(0, Math.max(0, earlier.length - keep));
  for (const each of old) await versions.delete(functionName, each);
  return old;
}
