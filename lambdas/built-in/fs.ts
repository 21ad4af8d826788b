/* Bundled in place of `node:fs`; see http.ts. */
const fs = process.getBuiltinModule('node:fs');

export default fs;
export const { createReadStream, fstatSync, lstatSync, readdirSync, readFileSync } = fs;

/**
 * A stand-in that reads `fs.ReadStream` only for an `instanceof` check, because reading that property loads `fs/promises`
 * and readline.
 */
export const ReadStream = Object.defineProperty(() => undefined, Symbol.hasInstance, {
  value: (value: unknown) => value instanceof fs.ReadStream,
});
