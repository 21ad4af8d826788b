import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Template } from 'errand-local/template/template';
import type { ProblemView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { invoke } from '../helpers/embedded.ts';
import { putSecret } from '../helpers/secrets.ts';
import { sendForm, type UploadView } from '../helpers/upload.ts';

// Tests the real stack with some grants removed from its roles.

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud(
    { JOB_TIMEOUT: '20', JOB_PREFETCH: '4' },
    {
      edit(template) {
        withdraw(template, 'ErrandApiFunctionRole', 'dynamodb:PutItem');
        withdraw(template, 'ErrandApiFunctionRole', 'dynamodb:PartiQLInsert');
        withdraw(template, 'ErrandApiFunctionRole', 's3:PutObject');
        withdraw(template, 'ErrandApiFunctionRole', 'iam:PassRole');
        withdraw(template, 'ErrandWorkerFunctionRole', 's3:ListBucket');
        withdraw(template, 'ErrandSweeperFunctionRole', 'secretsmanager:GetSecretValue');
        withdraw(template, 'ErrandDeadLetterFunctionRole', 'logs:PutLogEvents');
      },
    },
  );
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/** Removes an action from a role's policy. */
function withdraw({ Resources: resources }: Template, role: string, action: string): void {
  const [, policy] = Object.entries(resources).find(([id]) => id.startsWith(`${role}DefaultPolicy`)) ?? [];
  const document = policy?.Properties?.PolicyDocument as { Statement: { Action: string | string[] }[] };
  const before = document.Statement.flatMap(({ Action }) => Action).length;
  document.Statement = document.Statement.map((statement) => ({
    ...statement,
    Action: [statement.Action].flat().filter((each) => each !== action),
  }));
  expect(document.Statement.flatMap(({ Action }) => Action)).toHaveLength(before - 1);
}

/** Finds the log line of a refused call. */
const refusal = (action: string) =>
  cloud.logs.find((line) => line.startsWith('IAM refused') && line.includes(`perform: ${action} `));

describe('a missing grant', () => {
  it('makes a submission fail with 503, and the log names the missing permission', async () => {
    const { status } = await cloud.api.call<ProblemView>('POST', '/v1/jobs', { object_id: randomUUID() });
    expect(status).toBe(503);
    const caller = cloud.output('ApiFunctionName');
    expect(refusal('dynamodb:PutItem')).toMatch(
      new RegExp(
        `^IAM refused dynamodb PutItem to ${caller}: User: arn:aws:sts::000000000000:assumed-role/[^/]+/${caller} is ` +
          'not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/[^ ]+ ' +
          'because no identity-based policy allows the dynamodb:PutItem action$',
      ),
    );
  });

  it('makes each job of a batch fail with 503', async () => {
    const jobs = [1, 2].map(() => ({ object_id: randomUUID() }));
    const { body } = await cloud.api.call<{ items: { status: number }[] }>('POST', '/v1/jobs/batch', {
      jobs,
    });
    expect(body.items.map(({ status }) => status)).toEqual([503, 503]);
    expect(refusal('dynamodb:PartiQLInsert')).toMatch(
      /^IAM refused dynamodb BatchExecuteStatement to .* on resource: arn:aws:dynamodb:us-east-1:000000000000:table\/[^ ]+ because/,
    );
  });

  it('refuses an upload form that the function signed', async () => {
    const { body } = await cloud.api.call<UploadView>('POST', '/v1/uploads', {});
    const { status, text } = await sendForm(body, new Blob(['a log']));
    expect(status).toBe(403);
    expect(text).toContain('<Code>AccessDenied</Code>');
    expect(text).toContain('s3:PutObject');
  });

  it('does not write a schedule if the function may not pass the schedule’s role', async () => {
    const job = { type: 'sleep', payload: { seconds: 0 } };
    const { status } = await cloud.api.call('PUT', '/v1/schedules/nightly', { cron: '0 0 1 1 ? *', job });
    expect(status).toBe(503);
    expect(refusal('iam:PassRole')).toContain('scheduler UpdateSchedule');
  });

  it('refuses a missing file instead of reporting 404, as S3 does without permission to list the bucket', async () => {
    const payload = { file: `uploads/default/${randomUUID()}`, patterns: ['ERROR'] };
    const job = await cloud.api.submit({ type: 'analyze', payload, max_attempts: 1 });
    const { status, message } = await cloud.api.finished(job.job_id);
    expect(status).toBe('failed');
    expect(message).toContain('s3:ListBucket');
  });

  it('makes a statement fail if the function may not read its secret', async () => {
    await expect(invoke(cloud, cloud.output('SweeperFunctionName'))).rejects.toThrow();
    expect(refusal('secretsmanager:GetSecretValue')).toContain('rds-data ExecuteStatement');
  });

  it('does not show a function’s log, and reports that once', async () => {
    const reader = cloud.output('DeadLetterFunctionName');
    const event = { Records: [{ messageId: randomUUID(), body: 'no wake-up' }] };
    await invoke(cloud, reader, event);
    await invoke(cloud, reader, event);
    expect(cloud.logs.filter((line) => line.includes('IAM refused its log'))).toHaveLength(1);
    expect(cloud.logs.join('\n')).not.toContain('no wake-up');
  });
});

it('functions use their database user’s new password once the migrations function has set it', async () => {
  const user = { username: 'errand_app', password: 'renewed-password' };
  await putSecret(cloud, 'ApplicationSecretArn', JSON.stringify(user));
  expect((await cloud.api.call('GET', '/v1/jobs')).status).toBe(503);
  expect(await invoke(cloud, cloud.output('MigrationsFunctionName'))).toEqual({ applied: [] });
  expect((await cloud.api.call('GET', '/v1/jobs')).status).toBe(200);
  expect(cloud.logs.join('\n')).not.toContain('renewed-password');
});
