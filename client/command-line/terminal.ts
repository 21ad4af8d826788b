/** What a command reads and writes; given, so that it can be tested. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The answer: what another program may read. */
  readonly output: (text: string) => void;
  /** What is for people: errors and the spinner. */
  readonly messages: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown };
  readonly readInput: () => Promise<string>;
  readonly setExitCode: (code: number) => void;
}
