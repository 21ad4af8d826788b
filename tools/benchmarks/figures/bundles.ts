import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { writeBundle } from '../../../lib/bundle.ts';
import { bytesOf } from '../../../test/infrastructure/bundle-bytes.ts';
import type { Figure } from '../figure.ts';
import { summarize } from '../statistics.ts';

/** The minified JavaScript that a start from cold reads. It is the same in every round. */
export const bundles: Figure = {
  name: 'bundles',
  async measure() {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-bundle-'));
    try {
      return ['api', 'worker'].map((source) => ({
        what: `bundle of the ${source}, read at its start`,
        subject: 'Errand',
        unit: 'KB',
        target: { atMost: 250 },
        summary: summarize([bytesOf(writeBundle(source, path.join(folder, source))).atStart / 1000]),
      }));
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};
