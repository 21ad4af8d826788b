'use strict';

/**
 * Makes a package's modules load natively, if jest-test-environment.cjs enables it. Node itself then requires the
 * package's entry module, and so loads the package once per worker.
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
