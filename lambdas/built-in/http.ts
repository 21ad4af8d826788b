/*
 * Bundled in place of `node:http` (lib/bundle.ts). Importing one of Node's modules as an ES module reads all its exports, and an export
 * of `node:http` loads undici, which takes 40 ms of a start (docs/decisions/0019-lean-lambdas.md). Each file of this folder replaces
 * one module, so it stays a file of its own, however short. It exports what the bundles import; esbuild fails for anything else.
 */
const http = process.getBuiltinModule('node:http');

export default http;
export const { STATUS_CODES } = http;
