/** The suffix that makes a resource name unique: the CDK's hash of the logical ID and, in some names, part of the stack ID. */
const UNIQUE_SUFFIX = /[0-9A-F]{8}(-[0-9a-f]{8})?$/;

/** A function's log line in Lambda's JSON format. */
interface JsonLogLine {
  timestamp?: string;
  level?: string;
  message?: unknown;
}

/**
 * Formats a log line for a terminal: the time, the function, the message, and the other fields as `name=value`. Lines in other
 * formats stay unchanged.
 *
 * @param owner the name of the function or the log group
 */
export function readableLogLine(owner: string, line: string): string {
  const shortName = owner.slice(owner.indexOf('-') + 1).replace(UNIQUE_SUFFIX, '');
  const entry = parse(line);
  if (!entry) return `${shortName}  ${line}`;
  const { timestamp = '', level = '', message } = entry;
  const time = timestamp.slice('2026-01-01T'.length, '2026-01-01T00:00:00'.length);
  return [time, ...(level === 'INFO' ? [] : [level]), shortName, ' ' + textOf(message)].join(' ').trim();
}

function parse(line: string): JsonLogLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as JsonLogLine;
    return 'message' in entry && 'level' in entry ? entry : undefined;
  } catch {
    return undefined;
  }
}

function textOf(message: unknown): string {
  if (typeof message !== 'object' || message === null) return String(message);
  const { message: text, ...fields } = message as Record<string, unknown>;
  const details = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [typeof text === 'string' ? text : '', ...details].filter((part) => part !== '').join(' ');
}
