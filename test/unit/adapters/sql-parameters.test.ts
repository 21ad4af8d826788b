import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const AURORA = path.resolve(import.meta.dirname, '../../../lambdas/adapters/aurora');
const LAMBDAS = path.resolve(AURORA, '../..');

/**
 * What a statement may be put together from, beside constants in capitals: these functions, whose parameters are literals of our own or
 * are typed as a few of them.
 */
const BUILDERS = new Set(['lengthOf', 'wantedIds', 'readParts', 'listJobs', 'auditEntry', 'startOrStop']);

function parsed(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

function nodesOf(root: ts.Node): ts.Node[] {
  return [root, ...root.getChildren().flatMap(nodesOf)];
}

/** The expressions between `${` and `}` in a file, but for those of names that are for the log. */
function insertedInto(source: ts.SourceFile): ts.Expression[] {
  return nodesOf(source)
    .filter(ts.isTemplateSpan)
    .filter(
      ({ parent: { parent } }) => !(ts.isPropertyAssignment(parent) && parent.name.getText() === 'name'),
    )
    .map(({ expression }) => expression);
}

/** A constant of a module, in capitals. */
function isConstant(expression: ts.Expression): boolean {
  return ts.isIdentifier(expression) && /^[A-Z][A-Z0-9_]*$/.test(expression.text);
}

/** A call of a builder with nothing but literals. */
function isBuilt(expression: ts.Expression): boolean {
  return (
    ts.isCallExpression(expression) &&
    BUILDERS.has(expression.expression.getText()) &&
    expression.arguments.every(ts.isStringLiteral)
  );
}

const files = readdirSync(path.join(AURORA, 'sql')).map((name) => path.join(AURORA, 'sql', name));

describe('SQL', () => {
  it('is put together from constants alone: what comes from outside is a parameter', () => {
    const suspicious = files.flatMap((file) =>
      insertedInto(parsed(file))
        .filter((expression) => !isConstant(expression) && !isBuilt(expression))
        .map((expression) => `${path.basename(file)}: ${expression.getText()}`),
    );
    // Each of these is typed so that only texts written in that file, or named by its caller's code, can come in.
    expect(suspicious.sort()).toEqual([
      // Clauses that the statements write as literals.
      'audit-entry.ts: changed',
      'audit-entry.ts: subject',
      // The parts of CHANGES, which the file writes for each action, and what job-filter.ts writes.
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
      // A row and a condition that the statements write as literals.
      "change-jobs.ts: familyFields('j', 'j.end_time IS NOT NULL')",
      // The id of a new callback, in SQL.
      'change-jobs.ts: requestId',
      'change-jobs.ts: requestId',
      "change-jobs.ts: resubmittedColumns(':request_id::uuid')",
      "change-jobs.ts: wakeParked(`SELECT * FROM before WHERE status = 'created' AND held_by = 'concurrency' AND wake_at IS NOT NULL AND EXISTS (SELECT FROM changed)`)",
      "children.ts: wakeParked(FREED, ':limit::integer')",
      // A table and a condition that the file names.
      'concurrency-keys.ts: condition',
      "concurrency-keys.ts: nextKeyIn('concurrency_limits')",
      "concurrency-keys.ts: nextKeyIn('jobs', OPEN)",
      'concurrency-keys.ts: table',
      // The name of a parameter or a column: literals of the statements, held to that by the test below and by their types.
      'counted-rows.ts: lengthOf(parameter)',
      'counted-rows.ts: parameter',
      'counted-rows.ts: parameter',
      // The row and the condition of its callers.
      'family-fields.ts: isEnded',
      'family-fields.ts: job',
      'family-fields.ts: job',
      'family-fields.ts: job',
      'family-fields.ts: job',
      'family-fields.ts: job',
      'family-fields.ts: job',
      // Columns, names of parameters with the numbers of their values, and conditions that the file writes of these; 'ASC' | 'DESC'.
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
      // A query and a number that the statements write as literals.
      'locked-jobs.ts: mostOfKey',
      'locked-jobs.ts: source',
      "mend-jobs.ts: familyFields('ended', 'true')",
      "mend-jobs.ts: familyFields('ended', 'true')",
      "mend-jobs.ts: wakeParked('SELECT * FROM ended')",
      "mend-jobs.ts: wakeParked('SELECT * FROM ended')",
      // Conditions written there.
      "messages.ts: conditions.join(' AND ')",
      // The reasons of HOLDS.
      'queue-report.ts: HOLDS.join("\', \'")',
      "queue-report.ts: HOLDS.map(countHeldBy).join(', ')",
      'queue-report.ts: reason',
      'queue-report.ts: reason',
      // 'payload' | 'result'
      'read-jobs.ts: column',
      // What job-filter.ts writes.
      'read-jobs.ts: condition',
      "read-jobs.ts: conditions.join(' AND ')",
      'read-jobs.ts: direction',
      'read-jobs.ts: direction',
      'read-jobs.ts: direction',
      'read-jobs.ts: examinedJobs(search)',
      // Clauses that the file writes for statements with and without logs.
      'record-results.ts: alsoWritten',
      'record-results.ts: locks',
      'record-results.ts: source',
      'record-results.ts: source',
      'record-results.ts: source',
      // A condition that the two statements write as a literal.
      'schedules.ts: chosen',
      // Columns that the file names.
      "steps.ts: ['status', 'failures', 'end_time', 'due_at', 'detail', 'message'].map(unlessEnded).join(',\\n    ')",
      'steps.ts: column',
      'steps.ts: column',
      'steps.ts: column',
    ]);
  });

  it('is written in one folder: no other code of the Lambdas holds any', () => {
    const elsewhere = readdirSync(LAMBDAS, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('adapters/aurora/sql/'))
      // It applies the migrations, whose text is the statement.
      .filter((name) => !name.startsWith('migrate/'))
      // The PartiQL of DynamoDB.
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

  it('names its parameters as `:name` in what the Data API gets beside it', () => {
    for (const file of readdirSync(AURORA).filter((name) => name.endsWith('.ts'))) {
      for (const node of nodesOf(parsed(path.join(AURORA, file)))) {
        if (!ts.isCallExpression(node)) continue;
        if (!/\.(query|queryText|queryKnowing)$/.test(node.expression.getText())) continue;
        const [statement] = node.arguments;
        // A named statement, or one that a builder makes of what its types allow.
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
