import { describe, expect, it } from '@jest/globals';
import { createProgress } from '../../chaos/drain.ts';

const PATIENCE_MS = 60_000;

describe('the progress of a draining run', () => {
  let now = 1_000;
  const after = (milliseconds: number) => (now += milliseconds);
  const create = () => createProgress(PATIENCE_MS, () => now);

  it('is stuck if nothing changes for the whole time', () => {
    const progress = create();
    progress.note({ ended: 10, left: 5 });
    after(PATIENCE_MS - 1);
    progress.note({ ended: 10, left: 5 });
    expect(progress.isStuck()).toBe(false);
    after(1);
    expect(progress.isStuck()).toBe(true);
  });

  it('is not stuck while jobs end, even if the sweeper sends more messages', () => {
    const progress = create();
    for (let ended = 1; ended < 100; ended += 1) {
      after(PATIENCE_MS - 1);
      progress.note({ ended, left: 5 * ended });
      expect(progress.isStuck()).toBe(false);
    }
  });

  it('is not stuck while messages disappear without ending a job', () => {
    const progress = create();
    for (let left = 100; left > 0; left -= 1) {
      after(PATIENCE_MS - 1);
      progress.note({ ended: 0, left });
      expect(progress.isStuck()).toBe(false);
    }
  });

  it('is stuck if messages only come and go, because that is no progress', () => {
    const progress = create();
    progress.note({ ended: 10, left: 5 });
    for (const left of [8, 6, 9, 6]) {
      after(PATIENCE_MS / 4);
      progress.note({ ended: 10, left });
    }
    expect(progress.isStuck()).toBe(true);
  });
});
