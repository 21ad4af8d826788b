'use strict';

const path = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

/** The path prefixes of the longest tests, longest first: 130 s to 70 s with four workers on two cores, then tens of seconds. */
const LONGEST = [
  'test/model/job-model.',
  'test/store/migrations.',
  'test/embedded/crashes.',
  'test/embedded/alarms.',
  'test/integration/local-service/dev',
  'test/embedded/',
  'test/model/',
  'test/integration/',
  'test/store/',
];

/**
 * Starts the longest tests first, so that no worker runs a long test at the end. Jest uses the durations of
 * earlier runs for this. A fresh checkout, as in CI, has none, and jest would use file sizes.
 */
module.exports = class extends Sequencer {
  sort(tests) {
    const bySize = super.sort(tests);
    if (bySize.some(({ duration }) => duration !== undefined)) return bySize;
    return bySize.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
};

function rankOf({ path: file, context }) {
  const name = path.relative(context.config.rootDir, file).replaceAll(path.sep, '/');
  const rank = LONGEST.findIndex((beginning) => name.startsWith(beginning));
  return rank < 0 ? LONGEST.length : rank;
}
