'use strict';

/**
 * Makes the modules of a package load natively, if jest-test-environment.cjs says so. Node itself requires the package's entry module, and so
 * loads the package once for a worker.
 *
 * @type {import('@jest/transform').SyncTransformer}
 */
module.exports = {
  process(source, file) {
    const strict = source.startsWith('"use strict"') ? '"use strict";' : '';
    const load = `globalThis[Symbol.for('errand.require-package')]`;
    return {
      code: `${strict}if (${load}) { module.exports = ${load}(${JSON.stringify(file)}); return; }${source}`,
    };
  },
};
