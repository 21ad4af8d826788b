import { expect, it } from '@jest/globals';
import { queueArns } from '../../../lambdas/adapters/scheduler/scheduler.ts';

it('the ARNs of queues are those of their URLs, in the account and region of the dead-letter queue', () => {
  const urls = new Map([
    ['default', 'https://sqs.eu-central-1.amazonaws.com/123456789012/Errand-Main'],
    ['images', 'http://127.0.0.1:4566/000000000000/Errand-Images'],
  ]);
  expect(queueArns(urls, 'arn:aws-cn:sqs:cn-north-1:123456789012:Errand-DeadLetter')).toEqual(
    new Map([
      ['default', 'arn:aws-cn:sqs:cn-north-1:123456789012:Errand-Main'],
      ['images', 'arn:aws-cn:sqs:cn-north-1:123456789012:Errand-Images'],
    ]),
  );
});
