/* Bundled in place of `node:net`; see http.ts. */
export const { BlockList, isIP } = process.getBuiltinModule('node:net');
