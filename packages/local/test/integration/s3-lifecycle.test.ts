import {
  CreateMultipartUploadCommand,
  PutBucketLifecycleConfigurationCommand,
  DeleteBucketLifecycleCommand,
  ListPartsCommand,
  UploadPartCommand,
  type LifecycleRule,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BUCKET, startS3UnderTest, type S3UnderTest } from './s3-under-test.ts';

const HOUR = 3_600_000;

describe('a lifecycle rule', () => {
  let s3: S3UnderTest;

  beforeEach(async () => {
    s3 = await startS3UnderTest();
  });

  afterEach(async () => {
    await s3.end();
  });

  const configure = (...Rules: LifecycleRule[]) =>
    s3.client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: BUCKET, LifecycleConfiguration: { Rules } }),
    );
  const expire = (Days: number, prefix: string): LifecycleRule => ({
    ID: `after ${Days} & no later`,
    Status: 'Enabled',
    Filter: { Prefix: prefix },
    Expiration: { Days },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
  });
  const isThere = (key: string) =>
    s3.text(key).then(
      () => true,
      () => false,
    );

  it('deletes only objects with its prefix, at midnight after its number of days', async () => {
    await configure(expire(7, 'uploads/'));
    await s3.put('uploads/a', 'put at noon on the 15th');
    await s3.put('results/a', 'x');
    s3.clock(7 * 24 * HOUR + 11 * HOUR);
    expect(await s3.s3().expireObjects()).toBe(0);
    expect(await isThere('uploads/a')).toBe(true);

    s3.clock(HOUR);
    expect(await s3.s3().expireObjects()).toBe(1);
    expect(await isThere('uploads/a')).toBe(false);
    expect(await isThere('results/a')).toBe(true);
    expect(await s3.files()).toHaveLength(1);
  });

  it('counts from the last time an object was put', async () => {
    await configure(expire(1, ''));
    await s3.put('a', 'first');
    s3.clock(24 * HOUR);
    await s3.put('a', 'second');
    s3.clock(12 * HOUR);
    expect(await s3.s3().expireObjects()).toBe(0);
    s3.clock(24 * HOUR);
    expect(await s3.s3().expireObjects()).toBe(1);
  });

  it('survives a restart, until it is deleted', async () => {
    await configure(expire(1, ''));
    await s3.restart();
    await s3.put('a', 'x');
    s3.clock(36 * HOUR);
    expect(await s3.s3().expireObjects()).toBe(1);

    await s3.put('a', 'x');
    await s3.client.send(new DeleteBucketLifecycleCommand({ Bucket: BUCKET }));
    s3.clock(1000 * HOUR);
    expect(await s3.s3().expireObjects()).toBe(0);
  });

  it('removes an upload that was left unfinished', async () => {
    await configure(expire(7, 'uploads/'));
    const upload = { Bucket: BUCKET, Key: 'uploads/a' };
    const { UploadId } = await s3.client.send(new CreateMultipartUploadCommand(upload));
    await s3.client.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'x' }));
    s3.clock(24 * HOUR + 11 * HOUR);
    await s3.s3().expireObjects();
    expect(await s3.files()).toHaveLength(1);

    s3.clock(HOUR);
    await s3.s3().expireObjects();
    expect(await s3.files()).toHaveLength(0);
    await expect(s3.client.send(new ListPartsCommand({ ...upload, UploadId }))).rejects.toMatchObject({
      name: 'NoSuchUpload',
    });
  });

  it('does nothing while it is disabled', async () => {
    await configure({ ...expire(1, ''), Status: 'Disabled' });
    await s3.put('a', 'x');
    s3.clock(1000 * HOUR);
    expect(await s3.s3().expireObjects()).toBe(0);
  });

  it('is refused if the embedded S3 does not support it', async () => {
    const transition = { ...expire(1, ''), Transitions: [{ Days: 1, StorageClass: 'GLACIER' as const }] };
    await expect(configure(transition)).rejects.toThrow('does not implement Transition in a lifecycle rule');
    const tagged = { ...expire(1, ''), Filter: { Tag: { Key: 'a', Value: 'b' } } };
    await expect(configure(tagged)).rejects.toThrow(
      'does not implement Tag in the filter of a lifecycle rule',
    );
    await expect(configure(expire(0, ''))).rejects.toThrow('must be a positive integer');
  });
});
