/* Bundled in place of `node:os`; see http.ts. */
export const { homedir, platform, release } = process.getBuiltinModule('node:os');
