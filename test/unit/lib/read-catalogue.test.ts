import { describe, expect, it } from '@jest/globals';
import { catalogueOf, jobsFile } from './jobs-file.ts';

describe('the catalog of a jobs file', () => {
  it('has each job with its queue, its limits and its input schema', async () => {
    expect(await catalogueOf('images')).toEqual({
      version: 1,
      jobs: [
        {
          name: 'greet',
          queue: 'default',
          retry: { attempts: 2, baseSeconds: 5, capSeconds: 300, onTimeout: false },
          timeout_seconds: null,
          payload: expect.objectContaining({
            properties: { name: { type: 'string' } },
            required: ['name'],
          }) as unknown,
        },
        {
          name: 'resize',
          queue: 'images',
          retry: { attempts: 5, baseSeconds: 1, capSeconds: 60, onTimeout: true },
          timeout_seconds: 30,
          payload: expect.objectContaining({ required: ['image'] }) as unknown,
        },
      ],
    });
  });

  it('has the signals of a job, and its maximum duration, if the job declares them', async () => {
    const { jobs } = await catalogueOf('steps');
    const [decide, double] = jobs;
    expect(decide).toMatchObject({
      name: 'decide',
      max_duration_seconds: 7200,
      signals: { decision: { required: ['by', 'amount'] }, stop: { type: 'null' } },
    });
    expect(Object.keys(double ?? {})).not.toContain('signals');
    expect(Object.keys(double ?? {})).not.toContain('max_duration_seconds');
  });

  it('is read with the queues’ environment, whatever the file prints or leaves open', async () => {
    const { jobs } = await catalogueOf('reads-environment', { PHOTOS_BUCKET: 'placeholder' });
    expect(jobs.map(({ name }) => name)).toEqual(['resize']);
  });
});

describe('an unusable jobs file', () => {
  it('shows the stack of an error during its import, with the source’s lines', async () => {
    const failure = catalogueOf('throws');
    await expect(failure).rejects.toThrow(`The jobs file ${jobsFile('throws')} can't be used:`);
    await expect(failure).rejects.toThrow('Error: no database at import');
    await expect(failure).rejects.toThrow('throws.ts:7:9');
  });

  it.each([
    ['without a job', 'no-jobs', "it does not export a job: add export const name = job('name', { … })"],
    [
      'with two jobs of one name',
      'two-of-one-name',
      /the exports \w+ and \w+ both define the job "resize": rename one/,
    ],
    [
      'with a payload beyond JSON Schema',
      'not-json-schema',
      /job "remind": its payload can't be described as JSON Schema \(.*[Dd]ate.*\)/,
    ],
    [
      'with another payload beyond JSON Schema',
      'not-json-schema',
      /job "greet": its payload can't be described/,
    ],
    [
      'with a signal beyond JSON Schema',
      'not-json-schema',
      /job "wait": its signal "go" can't be described as JSON Schema/,
    ],
  ])('is refused with the reason: %s', async (_, name, message) => {
    await expect(catalogueOf(name)).rejects.toThrow(message);
  });

  it('is refused after ten seconds if a top-level await never settles', async () => {
    await expect(catalogueOf('never-settles')).rejects.toThrow(
      'a top-level await did not finish within 10 seconds',
    );
  });
});
