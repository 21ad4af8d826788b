/** An attempt's parsed stack trace. */
export interface ReadStack {
  /** The first stack frame in the job's own code, such as `jobs/charge.ts:42:11`; undefined if the stack contains none. */
  readonly ownLine: string | undefined;
  /** The function at that line. */
  readonly ownFunction: string | undefined;
  readonly lines: readonly StackLine[];
}

export interface StackLine {
  readonly text: string;
  /** Whether the line is a frame of the job's own code. */
  readonly isOwn: boolean;
}

const FRAME = /^\s*at (?:(.+?) \()?((?:file:\/\/|\/|[A-Za-z]:\\)?[^()\s]*?:\d+(?::\d+)?)\)?$/;

/** Matches frames from Node, from packages, or from Errand's own worker. */
const FOREIGN =
  /^node:|node_modules[\\/]|^\/var\/(task|runtime)\/(?:(?:index|chunk)[^/]*|.*-[A-Z0-9]{8})\.mjs/;

export function readStack(stack: string): ReadStack {
  const lines = stack.split('\n').map((text) => {
    const [, , place] = FRAME.exec(text) ?? [];
    return { text, isOwn: place !== undefined && !FOREIGN.test(place.replace(/^file:\/\//, '')) };
  });
  const own = lines.find(({ isOwn }) => isOwn);
  const [, ownFunction, ownLine] = FRAME.exec(own?.text ?? '') ?? [];
  return { ownLine: ownLine?.replace(/^file:\/\//, ''), ownFunction, lines };
}
