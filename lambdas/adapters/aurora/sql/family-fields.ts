/**
 * Returns the fields that describe an ended job's follow-up work: the parent to wake, and whether a canceled job has
 * children to cancel. For a job that has no parent and was not canceled, PostgreSQL evaluates these fields without calling
 * a function. Migration 0032 defines the same fields.
 *
 * @param job the job's row after it has ended
 * @param isEnded SQL for whether the job has ended
 */
export function familyFields(job: string, isEnded: string): string {
  return `
  'parent_job_id', CASE WHEN ${job}.parent_job_id IS NOT NULL AND ${isEnded} AND has_few_open_siblings(${job}.parent_job_id, ${job}.parent_step)
                   THEN ${job}.parent_job_id END,
  'has_children', CASE WHEN ${job}.status = 'canceled' THEN has_children_to_cancel(${job}.job_id) END`;
}
