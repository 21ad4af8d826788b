import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { readStatistics, type StatisticsPorts } from '../../job/statistics.ts';
import { json } from '../response.ts';
import type { OfTenant } from '../caller.ts';

/** `GET /v1/stats`: the jobs by status and type, the depth of the queues, the job that has waited longest. */
export function getStatistics(
  ports: StatisticsPorts,
): (event: OfTenant) => Promise<APIGatewayProxyStructuredResultV2> {
  return async (event) => json(200, await readStatistics(event.tenant, ports));
}
