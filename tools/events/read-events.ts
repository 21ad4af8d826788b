import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** One place in the sources where the service writes a line to its log. */
export interface LogEvent {
  readonly name: string;
  readonly level: string;
  readonly message: string;
  /** The fields that this place adds, in the order of the source; a trailing `…` stands for the members of another object. */
  readonly fields: readonly string[];
  /** Where, from the project's folder. */
  readonly file: string;
}

/**
 * The calls of a `ServiceLog` in one source file (lambdas/job/log.ts): `log.warn('heartbeat_failed', 'A heartbeat failed.', { error })`.
 *
 * @throws Error that names the place, for an event or a message that is no literal
 */
export function readEvents(file: string, source: string): LogEvent[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const events: LogEvent[] = [];
  const visit = (node: ts.Node): void => {
    const level = levelOf(node);
    if (level !== undefined && ts.isCallExpression(node)) {
      const [event, message, fields] = node.arguments;
      // The log of a job's handler takes the message first.
      if (message && !ts.isObjectLiteralExpression(message)) {
        const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
        if (!event || !ts.isStringLiteral(event) || !ts.isStringLiteralLike(message)) {
          throw new Error(`${file}:${line + 1} logs an event or a message that is no literal.`);
        }
        events.push({ name: event.text, level, message: message.text, fields: fieldsOf(fields), file });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return events;
}

/** The events of all source files, in the order of their names. */
export function readAllEvents(root: string, files: readonly string[]): LogEvent[] {
  return files
    .flatMap((file) => readEvents(file, readFileSync(path.join(root, file), 'utf8')))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The level of a call `log.warn(…)`, `ports.log.warn(…)`; undefined for anything else. */
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
