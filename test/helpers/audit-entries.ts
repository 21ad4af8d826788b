import { v7 as uuidv7 } from 'uuid';
import type { AuditAction, NewAuditEntry } from '../../lambdas/job/audit.ts';

/** The actor of all audit entries that tests write through a store. */
export const ACTOR = 'key:0123456789abcdef';

export function entryOf(action: AuditAction, entryId: string = uuidv7()): NewAuditEntry {
  return { entryId, actor: ACTOR, action };
}
