/* Bundled in place of `node:fs`; see http.ts. */
const fs = process.getBuiltinModule('node:fs');

export default fs;
export const { createReadStream, fstatSync, lstatSync, readdirSync, readFileSync } = fs;

/** Compared with when something is: behind it is all of Node's `fs/promises`, and behind that its line editor. */
export const ReadStream = Object.defineProperty(() => undefined, Symbol.hasInstance, {
  value: (value: unknown) => value instanceof fs.ReadStream,
});
