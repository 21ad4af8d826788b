import { lazy } from '../../../lazy.ts';
import { jobTypeList, jobTypeListExample } from '../../documents/views/job-type.ts';
import { operation } from '../../operation.ts';

/** Loaded with the first request for a file: few cold starts are followed by one. */
const staticFile = lazy(async () => (await import('../../static-files.ts')).staticFile);

/** The job types that clients may submit. The deployment writes the list: it changes only with a deploy. */
export const listJobTypes = operation({
  id: 'listJobTypes',
  method: 'GET',
  path: '/v1/job-types',
  scope: 'read',
  handle: async (request) => staticFile('job-types.json', request, { 'cache-control': 'no-cache' }),
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
      { status: 304, description: 'The list is still the version in `If-None-Match`.' },
    ],
  },
});
