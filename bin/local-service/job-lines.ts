import { readableLogLine } from 'errand-local/log-line';
import { createJobReport, type LogEntry } from './job-report.ts';

export interface JobLinesOptions {
  /** Absolute path of the project's folder; paths inside it are shown relative to it. */
  readonly folder: string;
  readonly print: (line: string) => void;
  /** Whether to print all log lines of the functions and the API. */
  readonly isVerbose: boolean;
}

/** Receives the functions' and the API's logs, and prints one line for each event in a job's life. */
export interface JobLines {
  /**
   * Records a function's queue, and sets the function's log level to DEBUG. Accepted jobs and recorded outcomes are logged at
   * DEBUG, which Lambda discards by default.
   */
  readonly adjustFunction: <Configuration extends LoggingFunction>(
    configuration: Configuration,
  ) => Configuration;
  readonly ofFunction: (functionName: string, line: string) => void;
  readonly ofAccessLog: (logGroup: string, line: string) => void;
}

interface LoggingFunction {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Lines that Node.js prints about its debugger. */
const DEBUGGER_LINE =
  /^(Debugger (listening|attached|ending)|For help, see: https:|Waiting for the debugger)/;

/**
 * The beginning of a line in CloudWatch's embedded metric format. These lines are printed only with `isVerbose`, because `/metrics` serves
 * the same numbers.
 */
const METRICS_LINE = '{"_aws":';

/**
 * Prints each event in a job's life, the handlers' log lines, and the functions' warnings and errors. With `isVerbose`, also prints
 * all other lines.
 */
export function createJobLines(options: JobLinesOptions): JobLines {
  const { print, isVerbose, folder } = options;
  const queues = new Map<string, string>();
  const report = createJobReport({ folder, queueOf: (functionName) => queues.get(functionName) });
  return {
    adjustFunction(configuration) {
      const queue = configuration.environment.QUEUE_NAME;
      if (queue !== undefined) queues.set(configuration.name, queue);
      return { logLevel: 'DEBUG', ...configuration };
    },
    ofFunction(functionName, line) {
      if (DEBUGGER_LINE.test(line) || (!isVerbose && line.startsWith(METRICS_LINE))) return;
      const entry = parse(line);
      const lines = entry && report.linesOf(functionName, entry);
      if (isVerbose || !entry || (!lines && isWarning(entry))) print(readableLogLine(functionName, line));
      for (const each of lines ?? []) print(each);
    },
    ofAccessLog(logGroup, line) {
      if (isVerbose) print(readableLogLine(logGroup, line));
    },
  };
}

function isWarning({ level }: LogEntry): boolean {
  return ['WARN', 'ERROR', 'FATAL'].includes(level);
}

function parse(line: string): LogEntry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as Partial<LogEntry>;
    const { timestamp, level } = entry;
    return 'message' in entry && timestamp !== undefined && level !== undefined
      ? (entry as LogEntry)
      : undefined;
  } catch {
    return undefined;
  }
}
