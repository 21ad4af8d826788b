import type { Measurements } from '../cloudwatch/measurements.ts';
import { readableLogLine } from '../log-line.ts';
import { createLogStore, type LogStore } from './log-store.ts';

/** The log stream for lines that no sandbox wrote. */
const OWN_STREAM = 'embedded';

/** Stores and shows the embedded cloud's log lines. */
export interface CloudLogs {
  readonly store: LogStore;
  /** Shows a function's log line without storing it. */
  readonly showFunction: (functionName: string, line: string) => void;
  readonly writeFunction: (functionName: string, line: string, logStream?: string) => void;
  readonly writeAccess: (logGroup: string, line: string) => void;
}

export interface CloudLogsOptions {
  /** Called with each human-readable line. */
  readonly log: (line: string) => void;
  /** @default - `log` receives the line in a readable form */
  readonly logFunction: ((functionName: string, line: string) => void) | undefined;
  /** @default - `log` receives the line in a readable form */
  readonly logAccess: ((logGroup: string, line: string) => void) | undefined;
  /** The name of a function's log group. */
  readonly logGroupOf: (functionName: string) => string;
  /** Receives the metrics extracted from log lines. */
  readonly measurements: Measurements;
}

/** Stores each line for CloudWatch Logs, extracts its metrics, and shows it. */
export function createCloudLogs(options: CloudLogsOptions): CloudLogs {
  const { log, logGroupOf, measurements } = options;
  const store = createLogStore();
  const showReadably = (owner: string, line: string): void => {
    log(readableLogLine(owner, line));
  };
  const showFunction = options.logFunction ?? showReadably;
  const showAccess = options.logAccess ?? showFunction;
  return {
    store,
    showFunction,
    writeFunction(functionName, line, logStream = OWN_STREAM) {
      store.add(logGroupOf(functionName), logStream, line);
      measurements.readLogLine(functionName, line);
      showFunction(functionName, line);
    },
    writeAccess(logGroup, line) {
      store.add(logGroup, OWN_STREAM, line);
      measurements.readLogLine(logGroup, line);
      showAccess(logGroup, line);
    },
  };
}
