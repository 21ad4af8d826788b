'use strict';

const path = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

/** The tests that take longest, by the beginnings of their paths, longest first: 130 s to 70 s with four workers on two cores, then tens of seconds. */
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
 * Starts the longest tests first, so that no worker runs a long test at the end. Jest does so by the durations of earlier runs; in a fresh
 * checkout, as in CI, it has none and goes by the sizes of files.
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
