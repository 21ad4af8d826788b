/** Thrown if the user's jobs file can't be used. The message has one line per reason. */
export class JobsFileError extends Error {
  override readonly name = 'JobsFileError';
  readonly file: string;
  readonly problems: readonly string[];

  /** @param file the path as the user wrote it */
  constructor(file: string, problems: readonly string[]) {
    super([`The jobs file ${file} can't be used:`, ...problems.map((problem) => `  ${problem}`)].join('\n'));
    this.file = file;
    this.problems = problems;
  }
}
