'use strict';

const Environment = require('../helpers/jest-test-environment.cjs');

/** A test environment that skips a file's remaining tests after the first failure, because one failure is enough to kill a mutant. */
module.exports = class extends Environment {
  #hasFailed = false;

  handleTestEvent(event) {
    if (event.name === 'test_start' && this.#hasFailed) event.test.mode = 'skip';
    if (event.name === 'test_done' && event.test.errors.length > 0) this.#hasFailed = true;
  }
};
