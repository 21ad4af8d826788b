/* Bundled in place of `node:stream`; see http.ts. */
export const { addAbortSignal, Duplex, PassThrough, Readable, Writable } =
  process.getBuiltinModule('node:stream');
