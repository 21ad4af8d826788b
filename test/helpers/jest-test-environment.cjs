'use strict';

const path = require('node:path');
const { TestEnvironment } = require('jest-environment-node');

/**
 * Folders whose tests use the unmodified CDK and AWS SDK. Other tests replace parts of the SDK, or check the prototypes
 * of its errors, which differ between Node and a test's VM context.
 */
const USING_PACKAGES = ['embedded', 'infrastructure', 'integration', 'unit/metrics', 'unit/tools'].map(
  (folder) => path.join(__dirname, '..', folder, path.sep),
);

/**
 * Jest's Node environment, extended so that modules can be loaded natively. For each test file, Jest resolves, reads
 * and compiles every module again, in the file's VM context and without V8's compile cache. With the CDK, the AWS SDK
 * and the embedded cloud, that takes longer than most tests.
 */
module.exports = class extends TestEnvironment {
  #variables = { ...process.env };

  constructor(config, context) {
    super(config, context);
    this.global[Symbol.for('errand.require')] = require;
    if (USING_PACKAGES.some((folder) => context.testPath.startsWith(folder))) {
      this.global[Symbol.for('errand.require-package')] = require;
      // The SDK recognizes timestamps with `instanceof Date`.
      this.global.Date = Date;
      // The packages read the process's environment variables, not Jest's copy of them.
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
