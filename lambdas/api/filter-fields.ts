import { jobFilterFields as fields } from '../job/job-filter.ts';
import { described } from './fields.ts';

/**
 * The filter fields that a query and a JSON body share, with their descriptions. `status` and `metadata` have different formats
 * in the two.
 */
export const filterFields = {
  ...fields,
  batch_id: described(fields.batch_id, !import.meta.bundled && { description: 'Only jobs of this batch.' }),
  parent_job_id: described(
    fields.parent_job_id,
    !import.meta.bundled && { description: 'Only the child jobs of this job.' },
  ),
  tag: described(fields.tag, !import.meta.bundled && { description: 'Only jobs with this tag.' }),
  created_after: described(
    fields.created_after,
    !import.meta.bundled && {
      type: 'string',
      format: 'date-time',
      description: 'Only jobs created at this time or later.',
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
      description: 'Only jobs with this text in their `message`, in upper or lower case.',
    },
  ),
};
