import { jobTypeList, jobTypeListExample } from '../../documents/views/job-type.ts';
import { operation } from '../../operation.ts';
import { REVALIDATED, staticFile } from '../service/served-files.ts';

/**
 * Lists the job types that clients may submit. The list is part of the deployed code, so it changes only when you deploy.
 */
export const listJobTypes = operation({
  id: 'listJobTypes',
  method: 'GET',
  path: '/v1/job-types',
  scope: 'read',
  handle: async (request) => staticFile('job-types.json', request, REVALIDATED),
  docs: !import.meta.bundled && {
    tag: 'Jobs',
    summary: 'List the job types',
    description: 'The built-in job types and your own, each with the JSON Schema of its payload.',
    storeless: true,
    responses: [
      {
        status: 200,
        description: 'Every job type.',
        headers: { ETag: 'The version of the list, for `If-None-Match`.' },
        content: { schema: jobTypeList, example: jobTypeListExample },
      },
      { status: 304, description: 'The list has not changed since the version in `If-None-Match`.' },
    ],
  },
});
