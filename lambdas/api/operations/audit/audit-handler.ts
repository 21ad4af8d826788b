import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { AuditAction } from '../../../job/audit.ts';
import type { Dependencies } from '../../dependencies.ts';
import { encodeCursor, pageOf } from '../../fields.ts';
import { json } from '../../operation.ts';
import type { ApiRequest } from '../../request.ts';

// The handler of the audit operation, loaded on the first request for the audit log (see lazy), because most instances
// get no requests for the log.

interface AuditParameters {
  from?: string | undefined;
  to?: string | undefined;
  actor?: string | undefined;
  action?: AuditAction | undefined;
  job_id?: string | undefined;
  cursor?: string | undefined;
  limit: number;
}

export async function list(
  { tenant, query }: ApiRequest<unknown, AuditParameters>,
  { loadAudit }: Dependencies,
): Promise<APIGatewayProxyStructuredResultV2> {
  const { from, to, actor, action, job_id: jobId, cursor, limit } = query;
  const store = await loadAudit();
  const { entries, scannedTo } = await store.list({
    ...{ tenant, actor, action, jobId },
    before: earlier(cursor, to && firstIdAt(to)),
    since: from && firstIdAt(from),
    limit: limit + 1,
  });
  const page = pageOf(entries, limit, (last) => encodeCursor(last.entry_id));
  // If the store stopped scanning before it had found a full page, the next page continues after the last scanned entry.
  const next = page.next_cursor ?? (scannedTo && encodeCursor(scannedTo));
  return json(200, { ...page, next_cursor: next });
}

/** Returns the smallest UUIDv7 with this timestamp. All earlier entries have smaller ids. */
function firstIdAt(time: string): string {
  const ms = Math.max(0, Date.parse(time)).toString(16).padStart(12, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}-0000-0000-000000000000`;
}

function earlier(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}
