/*
 * Bundled in place of `node:http` (lib/bundle.ts): to import a module of Node's as an ES module reads all that it exports, and
 * `node:http` exports a WebSocket, behind which is all of undici: 40 ms of a start (docs/decisions/0019-lean-lambdas.md). Here and in the
 * files beside this one is what the bundles ask for; esbuild refuses to bundle what asks for more.
 */
const http = process.getBuiltinModule('node:http');

export default http;
export const { STATUS_CODES } = http;
