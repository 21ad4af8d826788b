import type { Difference } from './contract.ts';
import { ACCEPTED } from './world.ts';

const PRECONDITION_FAILED = { error: 'PreconditionFailed', status: 412 };
const LOCATIONS = 'us-east-1 refuses its own name, and an unknown region, as a location constraint';
const OWNER = 'a bucket is not accessed if its owner is not the expected account';
const METADATA = 'metadata of more than 2 KB is refused, counting names and values';
const READS = 'a read compares dates, ignores a future date, and prefers an ETag to a date';
const UNKNOWN_CONDITIONS =
  'a put with If-None-Match and an etag, with If-Match *, or with both is not implemented';
const REFUSED_COPIES = 'a copy of a missing object or bucket, onto itself, or from no key is refused';
const COPY_CONDITIONS = 'a copy is made only under its conditions on the source and on the target';
const REFUSED_PARTS = 'an upload is not completed without parts, with a missing, small or misplaced part';

const CHECKSUM_TYPES = 'an upload is not completed with another checksum type than it was created with';

/** Descriptions of AWS's behavior in cases where several targets differ from AWS. */
const AWS = {
  location: 'InvalidLocationConstraint, 400.',
  owner: 'AccessDenied, 403.',
  metadata: 'MetadataTooLarge, 400.',
  reads: 'A date in the future is ignored.',
  conditions: 'NotImplemented, 501.',
  copies: 'InvalidRequest or InvalidArgument, 400.',
  copyConditions: 'PreconditionFailed, 412.',
  parts: 'InvalidRequest, InvalidPart, EntityTooSmall or InvalidPartOrder, 400.',
};

/** All S3 cases in which MiniStack 1.5.33 or moto 5.2.5 differs from AWS, except for the CORS cases and the cases in differences.ts. */
export const s3Differences: readonly Difference[] = [
  {
    target: 'ministack',
    protocol: 's3',
    case: LOCATIONS,
    does: { foo: ACCEPTED },
    says: 'Accepts a region that does not exist.',
    aws: AWS.location,
  },
  {
    target: 'ministack',
    protocol: 's3',
    case: 'a list of at most 0 keys is empty and complete',
    does: { IsTruncated: true },
    says: 'Reports that there are more results.',
    aws: 'IsTruncated is false.',
  },
  {
    target: 'ministack',
    protocol: 's3',
    case: OWNER,
    does: { get: ACCEPTED, put: ACCEPTED, text: 'other' },
    says: 'Ignores the expected owner.',
    aws: AWS.owner,
  },
  {
    target: 'ministack',
    protocol: 's3',
    case: METADATA,
    does: { larger: ACCEPTED },
    says: 'Accepts 2,049 bytes.',
    aws: AWS.metadata,
  },
  {
    target: 'ministack',
    protocol: 's3',
    case: READS,
    does: { future: 304 },
    says: 'Compares dates in the future too.',
    aws: AWS.reads,
  },
  {
    target: 'ministack',
    protocol: 's3',
    case: UNKNOWN_CONDITIONS,
    does: { etag: PRECONDITION_FAILED, star: ACCEPTED, both: PRECONDITION_FAILED, text: 'second' },
    says: 'Evaluates the conditions.',
    aws: AWS.conditions,
  },
  {
    target: 'ministack',
    protocol: 's3',
    case: REFUSED_COPIES,
    does: { itself: ACCEPTED },
    says: 'Copies an object onto itself.',
    aws: AWS.copies,
  },
  {
    target: 'ministack',
    protocol: 's3',
    case: COPY_CONDITIONS,
    does: { target: ACCEPTED },
    says: 'Ignores If-None-Match.',
    aws: AWS.copyConditions,
  },
  {
    target: 'ministack',
    protocol: 's3',
    case: REFUSED_PARTS,
    does: { none: ACCEPTED, missing: ACCEPTED, otherEtag: ACCEPTED, small: ACCEPTED, order: ACCEPTED },
    says: 'Completes any upload once, and repeats that response.',
    aws: AWS.parts,
  },
  {
    target: 'moto',
    protocol: 's3',
    case: LOCATIONS,
    does: { foo: ACCEPTED },
    says: 'Accepts a region that does not exist.',
    aws: AWS.location,
  },
  {
    target: 'moto',
    protocol: 's3',
    case: OWNER,
    does: { get: ACCEPTED, put: ACCEPTED, text: 'other' },
    says: 'Ignores the expected owner.',
    aws: AWS.owner,
  },
  {
    target: 'moto',
    protocol: 's3',
    case: METADATA,
    does: { larger: ACCEPTED },
    says: 'Accepts 2,049 bytes.',
    aws: AWS.metadata,
  },
  {
    target: 'moto',
    protocol: 's3',
    case: READS,
    does: { future: 304, etagBeforeDate: 412 },
    says: 'Compares dates in the future too, and a date even if there is an ETag.',
    aws: 'A date in the future is ignored, and so is If-Unmodified-Since where If-Match holds.',
  },
  {
    target: 'moto',
    protocol: 's3',
    case: UNKNOWN_CONDITIONS,
    does: { etag: ACCEPTED, star: PRECONDITION_FAILED, both: PRECONDITION_FAILED, text: 'second' },
    says: 'Evaluates the conditions, and ignores If-None-Match with an etag.',
    aws: AWS.conditions,
  },
  {
    target: 'moto',
    protocol: 's3',
    case: REFUSED_COPIES,
    does: { noKey: { error: 'Error', status: 500 } },
    says: 'Fails with 500 if the source has no key.',
    aws: AWS.copies,
  },
  {
    target: 'moto',
    protocol: 's3',
    case: COPY_CONDITIONS,
    does: { sourceMatch: ACCEPTED, sourceUnmodified: ACCEPTED, target: ACCEPTED },
    says: 'Evaluates only CopySourceIfNoneMatch.',
    aws: AWS.copyConditions,
  },
  {
    target: 'moto',
    protocol: 's3',
    case: REFUSED_PARTS,
    does: {
      none: { error: 'MalformedXML', status: 400 },
      order: { error: 'EntityTooSmall', status: 400 },
    },
    says: 'Returns different errors for an empty list of parts and for parts out of order.',
    aws: AWS.parts,
  },
  {
    target: 'moto',
    protocol: 's3',
    case: 'a part is a copy of an object or of a range of it',
    does: { form: ACCEPTED, beyond: ACCEPTED, missing: { error: 'NotFound', status: 404 } },
    says: 'Accepts any range, and returns a different error for a missing object.',
    aws: 'InvalidArgument, 400, and NoSuchKey, 404.',
  },
  {
    target: 'moto',
    protocol: 's3',
    case: 'an aborted upload leaves nothing',
    does: { part: { error: 'Error', status: 500 } },
    says: 'Fails with 500 for a part of an aborted upload.',
    aws: 'NoSuchUpload, 404.',
  },
  ...(['ministack', 'moto'] as const).map((target): Difference => ({
    target,
    protocol: 's3',
    case: CHECKSUM_TYPES,
    does: { without: ACCEPTED, composite: ACCEPTED },
    says: 'Ignores the checksum type.',
    aws: 'InvalidRequest, 400.',
  })),
];
