import { describe, expect, it } from '@jest/globals';
import { pruneVersions } from '../../../lambdas/kept-versions/prune-versions.ts';
import type { FunctionVersions } from '../../../lambdas/adapters/lambda/function-versions.ts';

/** Creates a worker with these versions. */
function worker(numbers: readonly number[]): { versions: FunctionVersions; left: () => number[] } {
  let left = [...numbers];
  return {
    left: () => left,
    versions: {
      list: () => Promise.resolve([...left]),
      delete: (_name, version) => {
        left = left.filter((each) => each !== version);
        return Promise.resolve();
      },
    },
  };
}

const prune = (versions: FunctionVersions, version: number, keep: number): Promise<number[]> =>
  pruneVersions({ functionName: 'worker', version, keep }, versions);

describe('pruning', () => {
  it('keeps the current version and the newest earlier ones', async () => {
    const { versions, left } = worker([1, 2, 5, 6, 9]);
    expect(await prune(versions, 9, 2)).toEqual([1, 2]);
    expect(left()).toEqual([5, 6, 9]);
  });

  it('deletes nothing if few are left', async () => {
    const { versions, left } = worker([3, 4]);
    expect(await prune(versions, 4, 5)).toEqual([]);
    expect(left()).toEqual([3, 4]);
  });

  it('keeps the earlier version to which a deployment is rolled back', async () => {
    const { versions, left } = worker([1, 2, 3, 4]);
    expect(await prune(versions, 3, 1)).toEqual([1]);
    expect(left()).toEqual([2, 3, 4]);
  });
});
