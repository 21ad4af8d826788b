'use strict';

const { registerHooks } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { default: Runtime } = require('jest-runtime');

const JEST_GLOBALS = pathToFileURL(path.join(__dirname, 'jest-globals.mjs')).href;

/** Where jest-circus has the handlers of a test file's events. */
const EVENT_HANDLERS = Symbol.for('EVENT_HANDLERS');

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return { url: JEST_GLOBALS, format: 'module', shortCircuit: true };
    // The packages of this repository run from their sources.
    return next(specifier, { ...context, conditions: [...context.conditions, 'errand-source'] });
  },
});

/** How often this process has loaded each test file. */
const loads = new Map();

/**
 * Loads test files with Node itself, so that the files of a worker share their modules and those of jest. Jest's own runtime loads all of them
 * again for each file, in a VM context: see docs/decisions/0103-tests-run-without-a-vm-context.md.
 */
module.exports = class extends Runtime {
  /** Loads jest-circus for a test file. Its first module has the state of the file, so only this module is loaded again. */
  requireInternalModule(file, request) {
    if (request !== undefined) return super.requireInternalModule(file, request);
    delete globalThis[EVENT_HANDLERS];
    delete require.cache[file];
    return require(file);
  }

  async unstable_importModule(file) {
    globalThis[Symbol.for('errand.jest-globals')] = this.jestGlobals.cjsGlobals(file);
    const load = (loads.get(file) ?? 0) + 1;
    loads.set(file, load);
    const url = pathToFileURL(file);
    // Stryker runs the same file again and again in one process.
    if (load > 1) url.search = String(load);
    await import(url.href);
  }
};
