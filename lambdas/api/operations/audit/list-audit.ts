import * as z from 'zod/mini';
import { AUDIT_ACTIONS } from '../../../job/audit.ts';
import { WITHOUT_CONTROL } from '../../../job/job-fields.ts';
import { lazy } from '../../../lazy.ts';
import { auditEntryExample, auditPage } from '../../documents/views/audit.ts';
import { described, idText, momentText, pageFields } from '../../fields.ts';
import { operation } from '../../operation.ts';

const auditQuery = z.strictObject({
  from: z.optional(
    described(momentText, !import.meta.bundled && { description: 'Only entries from this time or later.' }),
  ),
  to: z.optional(
    described(momentText, !import.meta.bundled && { description: 'Only entries before this time.' }),
  ),
  actor: z.optional(
    described(
      z
        .string()
        .check(
          z.minLength(1, 'must have at least 1 character'),
          z.maxLength(300, 'must have at most 300 characters'),
          z.regex(WITHOUT_CONTROL, 'must not contain control characters'),
        ),
      !import.meta.bundled && {
        description:
          'Only changes by this actor, written as in audit entries, such as `key:516069fe8e2095c3`.',
      },
    ),
  ),
  action: z.optional(
    described(
      z.enum(AUDIT_ACTIONS, `must be one of ${AUDIT_ACTIONS.join(', ')}`),
      !import.meta.bundled && { description: 'Only entries with this action.' },
    ),
  ),
  job_id: z.optional(
    described(
      idText,
      !import.meta.bundled && {
        type: 'string',
        format: 'uuid',
        description: 'Only entries about this job.',
      },
    ),
  ),
  ...pageFields(200),
});

export const listAudit = operation({
  id: 'listAudit',
  method: 'GET',
  path: '/v1/audit',
  scope: 'admin',
  request: { query: auditQuery },
  handle: lazy(async () => (await import('./audit-handler.ts')).list),
  docs: !import.meta.bundled && {
    tag: 'Audit',
    summary: 'List who changed what',
    description:
      'The caller’s tenant’s entries, newest first. All filters can be combined. With a filter, a page may have fewer entries than `limit`, even none, and still have a `next_cursor`.',
    responses: [
      {
        status: 200,
        description: 'A page of entries.',
        content: {
          schema: auditPage,
          example: { items: [auditEntryExample], limit: 50, next_cursor: null },
        },
      },
    ],
    problems: { 400: ['invalid-request'] },
  },
});
