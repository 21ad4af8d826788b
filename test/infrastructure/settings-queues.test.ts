import { describe, expect, it } from '@jest/globals';
import { Duration, Size } from 'aws-cdk-lib/core';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { readSettings } from '../../lib/settings/read-settings.ts';

/** Returns the error message for a value of `QUEUES`; empty if the value is valid. */
function problemOf(queues: string): string {
  try {
    readSettings({ QUEUES: queues });
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('the QUEUES setting', () => {
  it('uses seconds, MB and names instead of the property’s durations, sizes and architectures', () => {
    const images = {
      ...{ concurrency: 5, timeout: 600, batchSize: 2, memorySize: 2048, ephemeralStorageSize: 1024 },
      ...{ architecture: 'x86_64', environment: { QUALITY: '80' } },
    };
    expect(readSettings({ QUEUES: JSON.stringify({ images, videos: {} }) }).queues).toEqual({
      images: {
        ...{ concurrency: 5, timeout: Duration.seconds(600), batchSize: 2, memorySize: 2048 },
        ...{ ephemeralStorageSize: Size.mebibytes(1024), architecture: Architecture.X86_64 },
        environment: { QUALITY: '80' },
      },
      videos: {},
    });
  });

  it('can be JSON in the context', () => {
    const { queues } = readSettings({}, { QUEUES: { images: { concurrency: 5 } } });
    expect(queues).toEqual({ images: { concurrency: 5 } });
  });

  it.each([
    ['{"images":', 'QUEUES is "{"images":". Use a JSON object such as {"images":{"concurrency":5,'],
    ['["images"]', 'QUEUES is "["images"]". Use a JSON object such as'],
    ['{"images":5}', 'QUEUES is "{"images":5}". Use a JSON object such as'],
    [
      '{"images":{"timeout":"soon"}}',
      'QUEUES.images.timeout is "soon". Use a whole number of seconds from 1 to 900.',
    ],
    [
      '{"images":{"timeout":901}}',
      'QUEUES.images.timeout is "901". Use a whole number of seconds from 1 to 900.',
    ],
    [
      '{"images":{"concurrency":1.5}}',
      'QUEUES.images.concurrency is "1.5". Use a whole number from 1 to 1000.',
    ],
    ['{"images":{"architecture":"arm"}}', 'QUEUES.images.architecture is "arm". Use one of arm64, x86_64.'],
    [
      '{"images":{"environment":{"QUEUE_URLS":"x"}}}',
      'QUEUES.images.environment contains "QUEUE_URLS". Use names of at least two letters',
    ],
    ['{"images":{"environment":{"QUALITY":80}}}', 'QUEUES.images.environment contains "QUALITY". Use names'],
    ['{"images":{"__proto__":5}}', 'QUEUES.images.__proto__ is not a queue option'],
    ['{"images":{"vpc":"vpc-1"}}', 'QUEUES.images.vpc is not a queue option: the options are concurrency,'],
  ])('is refused as %s', (queues, problem) => {
    expect(problemOf(queues)).toContain(problem);
  });

  it('reports all mistakes together', () => {
    expect(problemOf('{"images":{"timeout":0},"videos":{"memorySize":1}}').split('\n')).toHaveLength(2);
  });
});
