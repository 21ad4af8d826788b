import type { Statement } from '../data-api.ts';
import { auditEntry } from './audit-entry.ts';

/**
 * A tenant's {@link KeyGenerations} as JSON, from a row `k` of `webhook_keys`. If the tenant has no row, the generation is
 * 1, and both times are null.
 */
const GENERATIONS = `
  'generation', COALESCE(k.generation, 1),
  'rotate_time', iso_8601(k.rotate_time),
  'previous_until', CASE WHEN k.previous_until > clock_timestamp() THEN iso_8601(k.previous_until) END`;

/** `tenant` (text). Returns one row with the tenant's key generations, even if the tenant has never rotated its key. */
export const READ_WEBHOOK_KEY: Statement = {
  name: 'read-webhook-key',
  sql: `
SELECT json_build_object(${GENERATIONS})::text
FROM (SELECT :tenant AS tenant) AS asked LEFT JOIN webhook_keys k USING (tenant)`,
};

/**
 * `tenant` (text), `generation`, `overlap_seconds` (integers), and the parameters of {@link auditEntry}. Replaces the
 * generation `generation` with the next one. A repeated statement finds that the next generation exists, and can only
 * shorten the overlap. Returns one row with the current generations, and whether they match the request.
 *
 * On a conflict, the INSERT locks the row and checks the condition on the row's newest version, so concurrent rotations see
 * each other. If the tenant has no row, its key has generation 1, so only a request to replace generation 1 may insert the
 * row. If a column contains this statement's time, this statement changed the column.
 */
export const ROTATE_WEBHOOK_KEY: Statement = {
  name: 'rotate-webhook-key',
  sql: `
WITH times AS MATERIALIZED (
  SELECT moment AS rotated_at, moment + :overlap_seconds::integer * interval '1 second' AS overlap_end
  FROM clock_timestamp() AS moment
),
rotated AS (
  INSERT INTO webhook_keys AS present (tenant, generation, rotate_time, previous_until)
  SELECT :tenant, :generation::integer + 1, rotated_at, overlap_end
  FROM times
  WHERE :generation::integer = 1 OR EXISTS (SELECT FROM webhook_keys WHERE tenant = :tenant)
  ON CONFLICT (tenant) DO UPDATE SET
    generation = excluded.generation,
    rotate_time = CASE present.generation
      WHEN :generation::integer THEN excluded.rotate_time ELSE present.rotate_time END,
    previous_until = CASE present.generation
      WHEN :generation::integer THEN excluded.previous_until
      ELSE LEAST(present.previous_until, excluded.previous_until) END
  WHERE present.generation IN (:generation::integer, excluded.generation)
  RETURNING present.*
),${auditEntry(
    'generation::text',
    'rotated CROSS JOIN times WHERE rotate_time = rotated_at OR previous_until = overlap_end',
  )}
SELECT json_build_object('applied', true, 'keys', json_build_object(${GENERATIONS}))::text FROM rotated k
UNION ALL
SELECT json_build_object('applied', false, 'keys', json_build_object(${GENERATIONS}))::text
FROM (SELECT :tenant AS tenant) AS asked LEFT JOIN webhook_keys k USING (tenant)
WHERE NOT EXISTS (SELECT FROM rotated)`,
};
