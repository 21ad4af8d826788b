import { jobFilterFields as fields } from '../job/job-filter.ts';
import { described } from './fields.ts';

/**
 * The filter fields that queries and JSON bodies share, with descriptions. `status` and `metadata` are not included,
 * because queries and bodies use different formats for these two fields.
 */
export const filterFields = {
  ...fields,
  batch_id: described(fields.batch_id, !import.meta.bundled && { description: 'Only jobs in this batch.' }),
  parent_job_id: described(
    fields.parent_job_id,
    !import.meta.bundled && { description: 'Only this job’s child jobs.' },
  ),
  tag: described(fields.tag, !import.meta.bundled && { description: 'Only jobs with this tag.' }),
  created_after: described(
    fields.created_after,
    !import.meta.bundled && {
      type: 'string',
      format: 'date-time',
      description: 'Only jobs created at or after this time.',
    },
  ),
  created_before: described(
    fields.created_before,
    !import.meta.bundled && {
      type: 'string',
      format: 'date-time',
      description: 'Only jobs created before this time.',
    },
  ),
  message: described(
    fields.message,
    !import.meta.bundled && {
      description: 'Only jobs whose `message` contains this text, ignoring case.',
    },
  ),
};
