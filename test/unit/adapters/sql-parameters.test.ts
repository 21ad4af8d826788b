import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const AURORA = path.resolve(import.meta.dirname, '../../../lambdas/adapters/aurora');
const LAMBDAS = path.resolve(AURORA, '../..');

/**
 * Functions whose results may be inserted into a statement, as may constants with names in capitals. The functions' arguments must be literals.
 */
const BUILDERS = new Set(['lengthOf', 'wantedIds', 'readParts', 'listJobs', 'auditEntry', 'startOrStop']);

function parsed(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

function nodesOf(root: ts.Node): ts.Node[] {
  return [root, ...root.getChildren().flatMap(nodesOf)];
}

/** Returns the expressions between `${` and `}` in a file, except those in statement names. */
function insertedInto(source: ts.SourceFile): ts.Expression[] {
  return nodesOf(source)
    .filter(ts.isTemplateSpan)
    .filter(
      ({ parent: { parent } }) => !(ts.isPropertyAssignment(parent) && parent.name.getText() === 'name'),
    )
    .map(({ expression }) => expression);
}

/** Whether an expression is a module-level constant with a name in capitals. */
function isConstant(expression: ts.Expression): boolean {
  return ts.isIdentifier(expression) && /^[A-Z][A-Z0-9_]*$/.test(expression.text);
}

/** Whether an expression is a call to a builder in which all arguments are literals. */
function isBuilt(expression: ts.Expression): boolean {
  return (
    ts.isCallExpression(expression) &&
    BUILDERS.has(expression.expression.getText()) &&
    expression.arguments.every(ts.isStringLiteral)
  );
}

const files = readdirSync(path.join(AURORA, 'sql')).map((name) => path.join(AURORA, 'sql', name));

describe('SQL', () => {
  it('consists only of constants, and outside values are parameters', () => {
    const suspicious = files.flatMap((file) =>
      insertedInto(parsed(file))
        .filter((expression) => !isConstant(expression) && !isBuilt(expression))
        .map((expression) => `${path.basename(file)}: ${expression.getText()}`),
    );
    // The types ensure that each of these expressions is a literal from the same file or from the callers' code.
    expect(suspicious.sort()).toEqual([
      // Clauses that the statements' code passes as literals.
      'audit-entry.ts: changed',
      'audit-entry.ts: subject',
      // The parts of CHANGES for each action, and SQL from job-filter.ts.
      'bulk.ts: changed',
      'bulk.ts: column',
      'bulk.ts: column',
      "bulk.ts: columns.map((column) => `'${column}', ${table}.${column}`).join(', ')",
      "bulk.ts: endsJobs ? BATCHES : `'[]'::json`",
      "bulk.ts: endsJobs ? FAMILIES : ''",
      'bulk.ts: examined(search)',
      'bulk.ts: examined(search)',
      'bulk.ts: examinedJobs(search)',
      'bulk.ts: isPossible',
      'bulk.ts: isPossible',
      'bulk.ts: passes(search.filter)',
      'bulk.ts: passes(search.filter)',
      "bulk.ts: positionOf('moved')",
      "bulk.ts: positionOf('r')",
      "bulk.ts: positionOf('run')",
      "bulk.ts: resubmittedColumns('before.new_id')",
      'bulk.ts: room',
      'bulk.ts: states',
      'bulk.ts: status',
      'bulk.ts: table',
      "bulk.ts: wakeParked(FREED, ':examined::integer')",
      'bulk.ts: wakeUps',
      // A row's alias and a condition. Both are literals in the statements.
      "change-jobs.ts: familyFields('j', 'j.end_time IS NOT NULL')",
      // SQL for the id of a new callback.
      'change-jobs.ts: requestId',
      'change-jobs.ts: requestId',
      "change-jobs.ts: resubmittedColumns(':request_id::uuid')",
      "change-jobs.ts: wakeParked(`SELECT * FROM before WHERE status = 'created' AND held_by = 'concurrency' AND wake_at IS NOT NULL AND EXISTS (SELECT FROM changed)`)",
      "children.ts: wakeParked(FREED, ':limit::integer')",
      // A table and a condition from the same file.
      'concurrency-keys.ts: condition',
      "concurrency-keys.ts: nextKeyIn('concurrency_limits')",
      "concurrency-keys.ts: nextKeyIn('jobs', OPEN)",
      'concurrency-keys.ts: table',
      // The name of a parameter or a column. The test below and the types ensure that the name is a literal.
      'counted-rows.ts: lengthOf(parameter)',
      'counted-rows.ts: parameter',
      'counted-rows.ts: parameter',
      // The row's alias and a condition, which the callers pass as literals.
      'family-fields.ts: isEnded',
      'family-fields.ts: job',
      'family-fields.ts: job',
      'family-fields.ts: job',
      'family-fields.ts: job',
      'family-fields.ts: job',
      'family-fields.ts: job',
      // Columns, numbered parameter names, conditions from the same file, and 'ASC' | 'DESC'.
      'job-filter.ts: column',
      'job-filter.ts: column',
      'job-filter.ts: column',
      "job-filter.ts: conditions.join(' AND ')",
      'job-filter.ts: direction',
      'job-filter.ts: direction',
      'job-filter.ts: direction',
      'job-filter.ts: directionOf(order)',
      'job-filter.ts: elsewhere',
      'job-filter.ts: inOrder',
      'job-filter.ts: index',
      'job-filter.ts: index',
      'job-filter.ts: index',
      'job-filter.ts: index',
      'job-filter.ts: index',
      'job-filter.ts: index',
      'job-filter.ts: name',
      'job-filter.ts: name',
      'job-filter.ts: name',
      'job-filter.ts: name',
      'job-filter.ts: name',
      "job-filter.ts: names.join(', ')",
      "job-filter.ts: outside.join(' AND ')",
      "job-filter.ts: parts.join('\\nUNION ALL\\n')",
      'job-filter.ts: read',
      'job-filter.ts: status',
      "job-filter.ts: table ?? 'jobs'",
      'job-filter.ts: value',
      'job-filter.ts: value',
      "job-filter.ts: within('period', ofPeriod).join(' AND ')",
      // A query and a number. Both are literals in the statements.
      'locked-jobs.ts: mostOfKey',
      'locked-jobs.ts: source',
      "mend-jobs.ts: familyFields('ended', 'true')",
      "mend-jobs.ts: familyFields('ended', 'true')",
      "mend-jobs.ts: wakeParked('SELECT * FROM ended')",
      "mend-jobs.ts: wakeParked('SELECT * FROM ended')",
      // Conditions from the same file.
      "messages.ts: conditions.join(' AND ')",
      // The reasons in HOLDS.
      'queue-report.ts: HOLDS.join("\', \'")',
      "queue-report.ts: HOLDS.map(countHeldBy).join(', ')",
      'queue-report.ts: reason',
      'queue-report.ts: reason',
      // 'payload' | 'result'
      'read-jobs.ts: column',
      // SQL from job-filter.ts.
      'read-jobs.ts: condition',
      "read-jobs.ts: conditions.join(' AND ')",
      'read-jobs.ts: direction',
      'read-jobs.ts: direction',
      'read-jobs.ts: direction',
      'read-jobs.ts: examinedJobs(search)',
      // Clauses from the same file, for statements with and without logs.
      'record-results.ts: alsoWritten',
      'record-results.ts: locks',
      'record-results.ts: source',
      'record-results.ts: source',
      'record-results.ts: source',
      // A condition. It is a literal in both statements.
      'schedules.ts: chosen',
      // Columns from the same file.
      "steps.ts: ['status', 'failures', 'end_time', 'due_at', 'detail', 'message'].map(unlessEnded).join(',\\n    ')",
      'steps.ts: column',
      'steps.ts: column',
      'steps.ts: column',
    ]);
  });

  it('is only in one folder, not in other code of the Lambdas', () => {
    const elsewhere = readdirSync(LAMBDAS, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('adapters/aurora/sql/'))
      // The code in this folder applies the migrations, which are SQL files.
      .filter((name) => !name.startsWith('migrate/'))
      // This file contains DynamoDB's PartiQL, not SQL.
      .filter((name) => name !== 'adapters/dynamodb/dedup-windows.ts')
      .filter((name) =>
        nodesOf(parsed(path.join(LAMBDAS, name))).some(
          (node) =>
            (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) &&
            /^\W*(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|WITH \w+ AS)\b/.test(node.getText().slice(1)),
        ),
      );
    expect(elsewhere).toEqual([]);
  });

  it('has the same parameter names as the Data API’s parameters', () => {
    for (const file of readdirSync(AURORA).filter((name) => name.endsWith('.ts'))) {
      for (const node of nodesOf(parsed(path.join(AURORA, file)))) {
        if (!ts.isCallExpression(node)) continue;
        if (!/\.(query|queryText|queryKnowing)$/.test(node.expression.getText())) continue;
        const [statement] = node.arguments;
        // The statement must be a constant, or come from a builder whose types restrict its contents.
        expect([file, statement?.getText()]).toEqual([
          file,
          expect.stringMatching(
            /^([A-Z][A-Z_]+|readParts\(\w+\)|(list(Jobs|Messages)|changeJobs|countBulk)\(.*\)|statement)$/,
          ),
        ]);
      }
    }
  });
});
