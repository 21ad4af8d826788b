/*
 * Bundled in place of `node:http` (lib/bundle.ts). Importing one of Node's modules as an ES module reads all of its exports,
 * and one export of `node:http` loads undici, which takes 40 ms of a cold start (docs/decisions/0019-lean-lambdas.md). Each
 * file in this folder replaces one module, and exports only what the bundles import. If a bundle imports anything else,
 * esbuild fails.
 */
const http = process.getBuiltinModule('node:http');

export default http;
export const { STATUS_CODES } = http;
