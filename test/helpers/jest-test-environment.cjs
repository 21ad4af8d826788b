'use strict';

const path = require('node:path');
const { TestEnvironment } = require('jest-environment-node');

/**
 * Tests that use the unmodified CDK and AWS SDK. Other tests replace parts of the SDK, or check the
 * prototypes of its errors, which differ between Node and a test's VM context.
 */
const USING_PACKAGES = ['embedded', 'infrastructure', 'integration', 'unit/metrics', 'unit/tools'].map(
  (folder) => path.join(__dirname, '..', folder, path.sep),
);

/**
 * Node's environment of a test file, in which modules can be loaded natively. Jest resolves, reads and
 * compiles each module again for each test file, in the file's VM context and without V8's compile cache. For
 * the CDK, the AWS SDK and the embedded cloud, that takes longer than most tests.
 */
module.exports = class extends TestEnvironment {
  #variables = { ...process.env };

  constructor(config, context) {
    super(config, context);
    this.global[Symbol.for('errand.require')] = require;
    if (USING_PACKAGES.some((folder) => context.testPath.startsWith(folder))) {
      this.global[Symbol.for('errand.require-package')] = require;
      // The SDK recognizes a timestamp by `instanceof Date`.
      this.global.Date = Date;
      // The packages read the process's variables, not jest's copy.
      this.global.process.env = process.env;
    }
  }

  async teardown() {
    for (const name of Object.keys(process.env)) {
      if (!(name in this.#variables)) Reflect.deleteProperty(process.env, name);
    }
    Object.assign(process.env, this.#variables);
    await super.teardown();
  }
};
