/* Bundled in place of `node:process`; see http.ts. */
export const { env, versions } = process;
