/** An error of a job as the API shows it: a message and a stack. */
export interface ReadStack {
  /** The first line of the user's own code, such as `jobs/charge.ts:42:11`; undefined if the stack names none. */
  readonly ownLine: string | undefined;
  /** The function in that line. */
  readonly ownFunction: string | undefined;
  readonly lines: readonly StackLine[];
}

export interface StackLine {
  readonly text: string;
  /** Whether it is a frame of the user's own code. */
  readonly isOwn: boolean;
}

const FRAME = /^\s*at (?:(.+?) \()?((?:file:\/\/|\/|[A-Za-z]:\\)?[^()\s]*?:\d+(?::\d+)?)\)?$/;

/** Code of Node, of packages, and of Errand's own worker. */
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
