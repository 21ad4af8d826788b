import type { AuditEntry, AuditStore } from '../../job/audit.ts';
import type { DataApi } from './data-api.ts';
import { entryParameters } from './sql/audit-entry.ts';
import { LIST_AUDIT } from './sql/list-audit.ts';
import { WRITE_AUDIT } from './sql/write-audit.ts';

/** The maximum number of audit entries that a filtered query scans. */
const SCANNED = 2_000;

/** The smallest and the largest UUID. */
const [FIRST_ID, LAST_ID] = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];

/** Stores the audit in Aurora. */
export function createAuditStore(dataApi: DataApi): AuditStore {
  return {
    async write(tenant, entries) {
      const rows = entries.map(({ subject, ...entry }) => ({ ...entryParameters(entry), subject }));
      await dataApi.query(WRITE_AUDIT, { tenant, entries: JSON.stringify(rows) });
    },

    async list({ tenant, before = LAST_ID, since = FIRST_ID, limit, ...filters }) {
      const { actor = null, action = null, jobId = null } = filters;
      const isFiltered = actor !== null || action !== null;
      const parameters = {
        ...{ tenant, before, since, actor, action, job_id: jobId, limit },
        scanned: isFiltered ? SCANNED : limit,
      };
      const [scan, ...entries] = await dataApi.query(LIST_AUDIT, parameters);
      const { scanned_to: scannedTo } = scan as { scanned_to: string | null };
      return { entries: entries as AuditEntry[], scannedTo };
    },
  };
}
