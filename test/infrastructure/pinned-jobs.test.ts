import { describe, expect, it } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { resourceNamed, resourcesOf, templateOf } from './errand-template.ts';

const PINNED = 'test/jobs-files/pinned.ts';

describe('a queue with pinned jobs', () => {
  it('delivers to a version of its worker, which is retained', () => {
    // WHEN
    const template = templateOf({ jobs: PINNED });
    // THEN
    const { id, resource } = resourceNamed(
      template,
      'AWS::Lambda::Version',
      'ErrandWorkerFunctionCurrentVersion',
    );
    expect(resource).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    const worker = resourceNamed(template, 'AWS::Lambda::Function', 'ErrandWorkerFunction');
    const mapping = resourceNamed(template, 'AWS::Lambda::EventSourceMapping', 'ErrandWorkerDeliveries');
    expect(mapping.properties.FunctionName).toEqual({
      'Fn::Join': ['', [{ Ref: worker.id }, ':', { 'Fn::GetAtt': [id, 'Version'] }]],
    });
    expect(mapping.properties.ScalingConfig).toEqual({ MaximumConcurrency: 10 });
  }, 60_000);

  it('reserves one execution for the version for each execution that received a job', () => {
    // WHEN
    const template = templateOf({ jobs: PINNED, jobPrefetch: 7 });
    // THEN
    const worker = resourceNamed(template, 'AWS::Lambda::Function', 'ErrandWorkerFunction');
    expect(worker.properties.ReservedConcurrentExecutions).toBe(14);
    const preflight = resourceNamed(template, 'Custom::Preflight', 'ErrandPreflight');
    expect(preflight.properties.reservations).toEqual({ default: 14 });
  }, 60_000);

  it('lets the worker invoke only its own versions', () => {
    // WHEN
    const template = templateOf({ jobs: PINNED });
    // THEN
    const { id } = resourceNamed(template, 'AWS::Lambda::Function', 'ErrandWorkerFunction');
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          {
            Action: 'lambda:InvokeFunction',
            Effect: 'Allow',
            Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': [id, 'Arn'] }, ':*']] },
          },
        ],
        Version: Match.anyValue(),
      },
    });
  }, 60_000);

  it('keeps keepVersions versions, and prunes when a new one is published', () => {
    // WHEN
    const template = templateOf({ jobs: PINNED, keepVersions: 3 });
    // THEN
    const version = resourceNamed(template, 'AWS::Lambda::Version', 'ErrandWorkerFunctionCurrentVersion');
    const [kept] = [...resourcesOf(template, 'Custom::KeptVersions').values()];
    expect(kept?.Properties).toMatchObject({ version: { 'Fn::GetAtt': [version.id, 'Version'] }, keep: 3 });
  }, 60_000);

  it('needs a concurrency of 2', () => {
    expect(() => templateOf({ jobs: PINNED, jobPrefetch: 1 })).toThrow(
      "jobPrefetch (JOB_PREFETCH) is 1, but the queue has a job type with versioning: 'pinned'",
    );
  }, 60_000);
});

it('a queue without pinned jobs has no versions', () => {
  // WHEN
  const template = templateOf({ jobs: 'test/jobs-files/orders.ts' });
  // THEN
  template.resourceCountIs('AWS::Lambda::Version', 0);
  template.resourceCountIs('Custom::KeptVersions', 0);
}, 60_000);
