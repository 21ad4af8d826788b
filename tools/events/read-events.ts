import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** A call in the source code that writes a log line of the service. */
export interface LogEvent {
  readonly name: string;
  readonly level: string;
  readonly message: string;
  /** The fields that the call adds to the log line, in source order. A trailing `…` stands for the members of a spread object. */
  readonly fields: readonly string[];
  /** The file's path, relative to the project's folder. */
  readonly file: string;
}

/**
 * Finds the calls to a `ServiceLog` (lambdas/job/log.ts) in one source file, such as `log.warn('heartbeat_failed', 'A heartbeat failed.', {
 * error })`.
 *
 * @throws Error with the file and line if an event or a message is not a literal
 */
export function readEvents(file: string, source: string): LogEvent[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const events: LogEvent[] = [];
  const visit = (node: ts.Node): void => {
    const level = levelOf(node);
    if (level !== undefined && ts.isCallExpression(node)) {
      const [event, message, fields] = node.arguments;
      // Skips calls to a job handler's log, which takes the message as its first argument and an object as its second.
      if (message && !ts.isObjectLiteralExpression(message)) {
        const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
        if (!event || !ts.isStringLiteral(event) || !ts.isStringLiteralLike(message)) {
          throw new Error(`${file}:${line + 1} logs an event or a message that is not a literal.`);
        }
        events.push({ name: event.text, level, message: message.text, fields: fieldsOf(fields), file });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return events;
}

/** Reads the events in all source files, and sorts them by name. */
export function readAllEvents(root: string, files: readonly string[]): LogEvent[] {
  return files
    .flatMap((file) => readEvents(file, readFileSync(path.join(root, file), 'utf8')))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Returns the level of a call such as `log.warn(…)` or `ports.log.warn(…)`; undefined for anything else. */
function levelOf(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const { expression: log, name } = node.expression;
  const owner = ts.isPropertyAccessExpression(log) ? log.name : log;
  const isLevel = ['debug', 'info', 'warn', 'error'].includes(name.text);
  return isLevel && ts.isIdentifier(owner) && owner.text === 'log' ? name.text : undefined;
}

function fieldsOf(fields: ts.Expression | undefined): string[] {
  if (!fields) return [];
  if (!ts.isObjectLiteralExpression(fields)) return ['…'];
  return fields.properties.map((property) =>
    ts.isSpreadAssignment(property) ? '…' : property.name.getText().replaceAll("'", ''),
  );
}
