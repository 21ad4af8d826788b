'use strict';

const Environment = require('../helpers/jest-test-environment.cjs');

/** The environment of the tests, which skips the further tests of a file after the first failure: one is enough for a mutant. */
module.exports = class extends Environment {
  #hasFailed = false;

  handleTestEvent(event) {
    if (event.name === 'test_start' && this.#hasFailed) event.test.mode = 'skip';
    if (event.name === 'test_done' && event.test.errors.length > 0) this.#hasFailed = true;
  }
};
