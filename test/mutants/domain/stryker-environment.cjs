'use strict';

const TestEnvironment = require('../../helpers/jest-test-environment.cjs');

/**
 * The environment of the domain's tests under Stryker. Stryker names the active mutant in an environment variable, which mutated modules read when they
 * are loaded. Here, all runs of a process share the loaded modules, so each run sets the mutant in the object that these modules read instead.
 */
module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    const mutant = process.env.__STRYKER_ACTIVE_MUTANT__;
    if (mutant !== undefined) globalThis.__stryker__.activeMutant = mutant;
  }
};
