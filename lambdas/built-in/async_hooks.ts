/* Bundled in place of `node:async_hooks`; see http.ts. */
export const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks');
