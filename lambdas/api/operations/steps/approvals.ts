import * as z from 'zod/mini';
import { lazy } from '../../../lazy.ts';
import { described } from '../../fields.ts';
import { operation } from '../../operation.ts';

/**
 * The maximum length of a token, in characters. A token is the base64url encoding of 55 bytes and a step name of at most 80
 * bytes.
 */
const MAX_TOKEN = 300;

const approvalPath = z.strictObject({
  token: described(
    z.string().check(z.maxLength(MAX_TOKEN, `must have at most ${MAX_TOKEN} characters`)),
    !import.meta.bundled && { description: 'The last part of an approval link.' },
  ),
});

const PAGE_DESCRIPTION =
  'An HTML page for people. The link itself is the credential: anyone who has it can answer.';

const page = { mediaTypes: ['text/html'] };

const GONE = {
  status: 410,
  description: 'A page that says that the link has expired or was answered, or that its job has ended.',
  content: page,
};

const NOT_FOUND = {
  status: 404,
  description: 'A page that says that the link does not exist.',
  content: page,
};

export const getApproval = operation({
  id: 'getApproval',
  method: 'GET',
  path: '/approvals/{token}',
  scope: null,
  request: { path: approvalPath },
  handle: lazy(async () => (await import('../../approvals/approval-handlers.ts')).show),
  docs: !import.meta.bundled && {
    tag: 'Steps',
    summary: 'Open an approval link',
    description: `Shows the question from \`step.approvalLink\`, with two buttons. ${PAGE_DESCRIPTION}`,
    responses: [{ status: 200, description: 'A page with the question.', content: page }, NOT_FOUND, GONE],
    problems: { 400: ['invalid-request'] },
  },
});

export const answerApproval = operation({
  id: 'answerApproval',
  method: 'POST',
  path: '/approvals/{token}',
  scope: null,
  audit: 'job.signal',
  request: {
    path: approvalPath,
    query: z.strictObject({
      answer: described(
        z.enum(['approve', 'reject'], 'must be approve or reject'),
        !import.meta.bundled && { description: 'The answer to the question.' },
      ),
    }),
  },
  handle: lazy(async () => (await import('../../approvals/approval-handlers.ts')).answer),
  docs: !import.meta.bundled && {
    tag: 'Steps',
    summary: 'Answer an approval link',
    description: `Sends the step’s signal to the job, with the payload \`{"approved": true}\` or \`{"approved": false}\`. The first answer counts; the same answer again gets the same page. ${PAGE_DESCRIPTION}`,
    responses: [
      { status: 200, description: 'A page that confirms the answer.', content: page },
      NOT_FOUND,
      GONE,
    ],
    problems: { 400: ['invalid-request'] },
  },
});
