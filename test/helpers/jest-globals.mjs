/**
 * The `@jest/globals` module for tests that Node itself loads: see native-runtime.cjs. A worker loads this module once, but each test file has its
 * own `it` and `expect`. The exports therefore look up the current file's functions on every use.
 */
const current = (name) => globalThis[Symbol.for('errand.jest-globals')][name];

function lookUp(name) {
  return new Proxy(() => undefined, {
    apply: (_, self, values) => Reflect.apply(current(name), self, values),
    get: (_, property) => Reflect.get(current(name), property),
  });
}

export const afterAll = lookUp('afterAll');
export const afterEach = lookUp('afterEach');
export const beforeAll = lookUp('beforeAll');
export const beforeEach = lookUp('beforeEach');
export const describe = lookUp('describe');
export const expect = lookUp('expect');
export const it = lookUp('it');
export const jest = lookUp('jest');
export const test = lookUp('test');
