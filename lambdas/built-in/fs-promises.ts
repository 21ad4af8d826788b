/* Bundled in place of `node:fs/promises`; see http.ts. */
export const { readdir, readFile } = process.getBuiltinModule('node:fs/promises');
