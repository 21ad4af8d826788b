'use strict';

const path = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

/** The path prefixes of the slowest tests, slowest first. */
const LONGEST = [
  'test/model/job-model.',
  'test/faults/',
  'test/store/migrations.',
  'test/store/concurrent-indexes.',
  'test/embedded/two-tenants.',
  'test/integration/local-service/dev',
  'test/embedded/',
  'test/model/',
  'test/integration/',
  'test/store/',
];

/**
 * Starts the slowest tests first, so that no worker still runs a slow test at the end. Jest normally orders tests by their durations in earlier runs.
 * Without recorded durations, as in CI, Jest would order tests by file size.
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
