/* Bundled in place of `node:timers/promises`; see http.ts. */
export const { setTimeout } = process.getBuiltinModule('node:timers/promises');
