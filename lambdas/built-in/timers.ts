/* Bundled in place of `node:timers`; see http.ts. */
export const { setTimeout } = process.getBuiltinModule('node:timers');
