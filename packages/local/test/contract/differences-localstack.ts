import type { Difference } from './contract.ts';

const ACCEPTED = { error: 'none: it was accepted', status: undefined };
const REFUSED = { error: 'InvalidParameterValue', status: 400 };

const DOCS = 'https://docs.aws.amazon.com';

/** Every case in which LocalStack 4.14.0 does something else than AWS. Its Scheduler and Systems Manager are moto's. */
export const localstackDifferences: readonly Difference[] = [
  {
    target: 'localstack',
    protocol: 'sqs',
    case: 'a batch is answered entry by entry: one that cannot be taken fails alone, by the fault of its sender',
    does: { Successful: ['a', 'b'], Failed: [] },
    says: 'Takes a delay of 901 seconds.',
    aws: 'DelaySeconds is 0 to 900.',
  },
  {
    target: 'localstack',
    protocol: 'sqs',
    case: 'a batch of deletions fails for the handle alone that is none',
    does: { Failed: [['b', 'ReceiptHandleIsInvalid', false]] },
    says: 'Says that the failure is not the fault of the sender.',
    aws: 'SenderFault says whether the caller is at fault, as with a handle that SQS never issued.',
    page: `${DOCS}/AWSSimpleQueueService/latest/APIReference/API_BatchResultErrorEntry.html`,
  },
  {
    target: 'localstack',
    protocol: 'sqs',
    case: 'what is out of bounds is refused',
    does: { delayOf901: ACCEPTED, visibilityOf43201: ACCEPTED },
    says: 'Takes a delay of 901 s and a visibility timeout of 43,201 s.',
    aws: 'DelaySeconds ends at 900, VisibilityTimeout at 43,200.',
    page: `${DOCS}/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html`,
  },
  {
    target: 'localstack',
    protocol: 'sqs',
    case: 'an attribute is refused for its name, its type, or the characters of its value',
    does: { periods: [REFUSED, REFUSED, ACCEPTED] },
    says: 'Takes a name with two periods in succession.',
    aws: 'A name has no periods in succession.',
  },
  {
    target: 'localstack',
    protocol: 's3',
    case: 'a missing key, a missing bucket and an unsigned read are told apart',
    does: { unsigned: 200 },
    says: 'Gives an object to anybody.',
    aws: 'What no policy allows is denied: AccessDenied, 403.',
    page: `${DOCS}/AmazonS3/latest/userguide/troubleshoot-403-errors.html`,
  },
  {
    target: 'localstack',
    protocol: 's3',
    case: 'a form with another key than it was signed for, another signature, or out of time is refused',
    does: { signature: { status: 204 } },
    says: 'Takes any signature.',
    aws: 'SignatureDoesNotMatch, 403.',
    page: `${DOCS}/AmazonS3/latest/API/ErrorResponses.html`,
  },
  {
    target: 'localstack',
    protocol: 'scheduler',
    case: 'a schedule is created, with AWS’s defaults for what it leaves out',
    does: { ActionAfterCompletion: undefined },
    says: 'Shows no ActionAfterCompletion where none was given.',
    aws: 'It is NONE by default.',
    page: 'none',
  },
  {
    target: 'localstack',
    protocol: 'scheduler',
    case: 'a second schedule of a name is a conflict',
    does: { status: 400 },
    says: 'Answers with 400.',
    aws: 'ConflictException, 409.',
  },
  {
    target: 'localstack',
    protocol: 'scheduler',
    case: 'an expression, a time zone or a name that is none is refused',
    does: { zone: ACCEPTED, name: ACCEPTED },
    says: 'Takes the time zone Europe/Nowhere and a name with a space.',
    aws: 'A time zone or a name that is none is a ValidationException.',
  },
  {
    target: 'localstack',
    protocol: 'scheduler',
    case: 'an update replaces all: what it leaves out is as if new',
    does: { after: [null, null] },
    says: 'A state that is left out is gone.',
    aws: 'What is left out gets its default, which is ENABLED.',
    page: 'none',
  },
  {
    target: 'localstack',
    protocol: 'scheduler',
    case: 'a schedule or a group that is not there is not found, also by its deletion',
    does: { group: { error: 'InternalError', status: 500 } },
    says: 'Fails with 500 where the group is missing.',
    aws: 'ResourceNotFoundException, 404.',
  },
  {
    target: 'localstack',
    protocol: 'ssm',
    case: 'a value that does not match its AllowedPattern is refused',
    does: ACCEPTED,
    says: 'Takes a value that does not match.',
    aws: 'ParameterPatternMismatchException, 400.',
  },
];
