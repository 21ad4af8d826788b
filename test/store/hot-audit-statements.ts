import { createAuditStore } from '../../lambdas/adapters/aurora/audit-store.ts';
import type { DataApi } from '../../lambdas/adapters/aurora/data-api.ts';
import type { AuditQuery } from '../../lambdas/job/audit.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import type { HotStatement } from './explain.ts';
import { ONE_LIST, ONE_ROW, ONE_WRITE, PAGE, type SomeRows } from './hot-statement.ts';
import { TENANT } from './job-rows.ts';

/**
 * The maximum number of entries that a filtered list reads: 2,000 in each of three tables. In the worst case, each entry is on a separate page.
 */
const SCANNED = 3 * 2_000;

/**
 * Returns the audit log's statements: lists with filters that match many, few or no entries, and the insertion of audit entries for a change in
 * another store.
 */
export function auditStatements({ ended }: SomeRows): HotStatement[] {
  const [jobId = ''] = ended;
  const actors: Partial<AuditQuery>[] = [{}, { actor: 'key:usual' }, { actor: 'key:rare' }];
  const actions: Partial<AuditQuery>[] = [
    {},
    { action: 'job.submit' },
    { action: 'job.cancel' },
    { action: 'job.retry' },
    { action: 'message.create' },
  ];
  const bounds: Partial<AuditQuery>[] = [{}, { before: jobId }, { since: jobId }];
  const queries = actors.flatMap((actor) =>
    actions.flatMap((action) => bounds.map((bound) => ({ ...actor, ...action, ...bound }))),
  );
  return [
    ...queries.map((query) => statementOf(query, 'actor' in query || 'action' in query ? SCANNED : ONE_LIST)),
    ...actors.map((actor) => statementOf({ ...actor, jobId }, 4 * ONE_ROW)),
    {
      title: 'the entries of a rotation of an API key',
      call: (api) =>
        createAuditStore(api).write(TENANT, [
          { ...entryOf('api_key.rotate'), subject: '516069fe8e2095c3' },
          { ...entryOf('api_key.create'), subject: '7d0c2f9b6a1e4385' },
        ]),
      maxPages: 2 * ONE_WRITE,
    },
  ];
}

function statementOf(query: Partial<AuditQuery>, maxPages: number): HotStatement {
  return {
    title: `the audit ${JSON.stringify(query)}`,
    call: (api: DataApi) =>
      createAuditStore(api).list({
        ...{ before: undefined, since: undefined, actor: undefined, action: undefined, jobId: undefined },
        ...{ tenant: TENANT, limit: PAGE, ...query },
      }),
    // The adapter fails if the scan does not return a row.
    answers: [[{ scanned_to: null }]],
    maxPages,
    maxWastedRows: SCANNED,
  };
}
