'use strict';

const { registerHooks } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { default: Runtime } = require('jest-runtime');

const JEST_GLOBALS = pathToFileURL(path.join(__dirname, 'jest-globals.mjs')).href;

/** The key under which jest-circus stores the event handlers of a test file. */
const EVENT_HANDLERS = Symbol.for('EVENT_HANDLERS');

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return { url: JEST_GLOBALS, format: 'module', shortCircuit: true };
    // This repository's packages are loaded from their sources.
    return next(specifier, { ...context, conditions: [...context.conditions, 'errand-source'] });
  },
});

/** How often this process has loaded each test file. */
const loads = new Map();

/**
 * Loads test files with Node itself, so that all test files in a worker share the loaded modules, including Jest's. Jest's own runtime would load all
 * modules again for each test file, in a VM context: see docs/decisions/0103-tests-run-without-a-vm-context.md.
 */
module.exports = class extends Runtime {
  /**
   * Loads jest-circus for a test file. Only the entry module of jest-circus holds state for a test file, so only the entry module is loaded again.
   */
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
    // Stryker runs the same file repeatedly in one process.
    if (load > 1) url.search = String(load);
    await import(url.href);
  }
};
