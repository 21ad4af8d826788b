import type { Statistics } from '../../../job/statistics.ts';
import type { HealthReport } from '../../routes/health.ts';
import type { Operation } from '../operation.ts';
import { docsFileSchema } from '../../schemas.ts';
import { alive, health } from '../views/health.ts';
import { statistics } from '../views/statistics.ts';
import { summaryExample } from '../examples.ts';

const NO_MESSAGES = { visible: 0, in_flight: 0, delayed: 0 };
const COUNTS = { created: 1, running: 4, success: 120, failed: 2, canceled: 0 };

const statisticsExample: Statistics = {
  jobs: { total: 127, by_status: COUNTS, by_type: { sleep: COUNTS } },
  oldest_waiting: {
    job_id: summaryExample.job_id,
    type: 'sleep',
    run_at: summaryExample.run_at,
    age_seconds: 0.412,
  },
  queue: { ...NO_MESSAGES, visible: 1, in_flight: 4 },
  dead_letter_queue: NO_MESSAGES,
};

const healthy: HealthReport = {
  status: 'ok',
  checks: {
    aurora: { status: 'ok', latency_ms: 14 },
    dynamodb: { status: 'ok', latency_ms: 6 },
    sqs: { status: 'ok', latency_ms: 7 },
  },
};

const unhealthy: HealthReport = {
  status: 'unavailable',
  checks: { ...healthy.checks, aurora: { status: 'unavailable', latency_ms: 5000, error: 'TimeoutError' } },
};

const tag = 'Service';
const FILE_HEADERS = { ETag: 'Names this content; send it as `If-None-Match`.' };

export const serviceOperations: readonly Operation[] = [
  {
    id: 'getStatistics',
    method: 'GET',
    path: '/v1/stats',
    scope: 'read',
    tag,
    summary: 'Count jobs and messages',
    description:
      'Jobs by status and type, the job that has waited longest, and with the scope `admin` the depth of the queues.',
    answers: [
      {
        status: 200,
        description: 'The counts: of jobs exact, of messages estimated.',
        content: { schema: statistics, example: statisticsExample },
      },
    ],
  },
  {
    id: 'getHealthAlive',
    method: 'GET',
    path: '/health-alive',
    scope: null,
    tag,
    summary: 'Is the process up?',
    storeless: true,
    answers: [{ status: 200, description: 'It is.', content: { schema: alive, example: { status: 'ok' } } }],
  },
  {
    id: 'getHealthCheck',
    method: 'GET',
    path: '/health-check',
    scope: 'read',
    tag,
    summary: 'Do the stores answer?',
    description: 'Wakes a paused database.',
    answers: [
      { status: 200, description: 'All do.', content: { schema: health, example: healthy } },
      {
        status: 503,
        description: 'One does not.',
        headers: { 'Retry-After': 'Seconds after which to ask again.' },
        content: { schema: health, example: unhealthy },
      },
    ],
  },
  {
    id: 'getDocument',
    method: 'GET',
    path: '/openapi.json',
    scope: 'read',
    tag,
    summary: 'This document',
    storeless: true,
    answers: [
      {
        status: 200,
        description: 'OpenAPI 3.1.',
        headers: FILE_HEADERS,
        content: { mediaType: 'application/json' },
      },
      { status: 304, description: 'It is the one that `If-None-Match` names.' },
    ],
  },
  {
    id: 'getDocsPage',
    method: 'GET',
    path: '/docs',
    scope: 'read',
    tag,
    summary: 'This document, to read and to try out',
    storeless: true,
    answers: [
      { status: 200, description: 'Swagger UI.', headers: FILE_HEADERS, content: { mediaType: 'text/html' } },
      { status: 304, description: 'It is the one that `If-None-Match` names.' },
    ],
  },
  {
    id: 'getDocsFile',
    method: 'GET',
    path: '/docs/{file}',
    scope: 'read',
    tag,
    summary: 'A file of the page',
    storeless: true,
    parameters: docsFileSchema,
    answers: [
      {
        status: 200,
        description: 'The file, which never changes under its name.',
        headers: FILE_HEADERS,
        content: { mediaType: '*/*' },
      },
      { status: 304, description: 'It is the one that `If-None-Match` names.' },
    ],
    problems: { 404: ['not-found'] },
  },
];
