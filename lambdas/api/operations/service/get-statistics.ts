import { readStatistics } from '../../../job/statistics.ts';
import { statistics, statisticsExample } from '../../documents/views/statistics.ts';
import { operation } from '../../operation.ts';
import { json } from '../../response.ts';

/** Only the scope `admin` gets the depth of the queues: it would tell a tenant how busy the others are. */
export const getStatistics = operation({
  id: 'getStatistics',
  method: 'GET',
  path: '/v1/stats',
  scope: 'read',
  async handle({ tenant, scopes }, { statistics: ports }) {
    return json(200, await readStatistics(tenant, scopes.includes('admin'), ports));
  },
  docs: !import.meta.bundled && {
    tag: 'Service',
    summary: 'Count jobs and messages',
    description:
      'Jobs by status and type, the job that has waited longest, and, with the scope `admin`, the depth of the queues.',
    responses: [
      {
        status: 200,
        description: 'The counts: exact for jobs, estimated for messages.',
        content: { schema: statistics, example: statisticsExample },
      },
    ],
  },
});
