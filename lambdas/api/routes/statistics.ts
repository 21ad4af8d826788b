import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { readStatistics, type StatisticsPorts } from '../../job/statistics.ts';
import { json } from '../response.ts';
import type { OfTenant } from '../caller.ts';

/**
 * `GET /v1/stats`: the jobs by status and type, the job that has waited longest, and for the scope `admin` the depth of the queues:
 * from these a tenant could tell how much the others do.
 */
export function getStatistics(
  ports: StatisticsPorts,
): (event: OfTenant) => Promise<APIGatewayProxyStructuredResultV2> {
  return async (event) =>
    json(200, await readStatistics(event.tenant, event.scopes.includes('admin'), ports));
}
