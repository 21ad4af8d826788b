/** The maximum length of an error message, in characters. */
const MAX_MESSAGE = 1_000;

/**
 * Converts a thrown or logged value to a string. An error becomes its stack, with file names relative to the user's project.
 */
export function textOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return String(error);
    const { message, stack = String(error) } = error;
    const short =
      message.length > MAX_MESSAGE
        ? stack.replace(message, () => `${message.slice(0, MAX_MESSAGE)}…`)
        : stack;
    return shortenFrames(short);
  } catch {
    return 'The error has no text.';
  }
}

/** Matches a stack frame in the worker's own code, which esbuild splits into files such as `chunk-ECUG2INN.mjs`. */
const WORKER_FRAME = /\n +at (?:async |[^\n]*\()?[a-z-]+-[0-9A-Z]{8}\.mjs:\d+:\d+\)?/g;

/**
 * Removes the worker's own frames, and makes file names relative to the function's code folder. The user's files appear in
 * that folder because lib/jobs/source-map.ts renames them in the source map.
 */
function shortenFrames(stack: string): string {
  const folder = `${process.cwd()}/`;
  return stack.replaceAll(`file://${folder}`, '').replaceAll(folder, '').replaceAll(WORKER_FRAME, '');
}
