import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { readStatistics, type StatisticsPorts } from '../../job/statistics.ts';
import { json } from '../response.ts';
import { TENANT } from '../tenant.ts';

/** `GET /v1/stats`: the jobs by status and type, the depth of the queues, the job that has waited longest. */
export function getStatistics(ports: StatisticsPorts): () => Promise<APIGatewayProxyStructuredResultV2> {
  return async () => json(200, await readStatistics(TENANT, ports));
}
