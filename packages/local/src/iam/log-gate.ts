import type { Iam, Place } from './iam.ts';

/** Writes a function's log line. */
export type WriteLog = (functionName: string, line: string, logStream?: string) => void;

/**
 * Forwards a function's log lines if its role may write them. Otherwise, drops the lines, like AWS, and reports once per function that lines are
 * dropped.
 * @param logGroupOf returns the name of a function's log group
 * @param tell called once for each function whose lines are dropped; this report belongs to no log group
 */
export function gateLogs(
  iam: Iam,
  { region, account }: Place,
  logGroupOf: (functionName: string) => string,
  write: WriteLog,
  tell: (functionName: string, line: string) => void,
): WriteLog {
  const mute = new Set<string>();
  return (functionName, line, logStream) => {
    const principal = iam.principalOf(functionName);
    if (!principal) {
      write(functionName, line, logStream);
      return;
    }
    const group = `arn:aws:logs:${region}:${account}:log-group:${logGroupOf(functionName)}`;
    const resource = `${group}:log-stream:${functionName}`;
    const actions = ['logs:CreateLogStream', 'logs:PutLogEvents'];
    const denial = iam.denial(
      principal,
      actions.map((action) => ({ action, resource })),
    );
    if (denial === undefined) {
      write(functionName, line, logStream);
    } else if (!mute.has(functionName)) {
      mute.add(functionName);
      tell(functionName, `IAM refused its log, which is not shown: ${denial}`);
    }
  };
}
