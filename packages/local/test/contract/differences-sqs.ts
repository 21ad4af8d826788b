import type { Difference } from './contract.ts';
import { ACCEPTED } from './world.ts';

const REFUSED = { error: 'InvalidParameterValue', status: 400 };

const API = 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference';

const HANDLE_OF_DELETED =
  'DeleteMessage with the handle of a deleted message succeeds, and ChangeMessageVisibility fails';
const RECEIVED_ATTRIBUTES = 'a receiver can name attributes, name prefixes, or all attributes';
const TRACE_ATTRIBUTE = 'a trace header is sent as a system attribute, with its own digest';
const TRACE_HEADER = 'the trace header of a request becomes a system attribute of its message';
const DIGEST = '235c5c510d26fb653d073faed50ae77c';
const GROUP_ID = 'a message group id that is empty, has a space, or is longer than 128 characters is refused';
const REFUSED_ATTRIBUTES = 'an attribute is refused for its name, its type, or the characters of its value';
const DELETED_RECENTLY = 'a queue is not created within 60 seconds after a queue with that name was deleted';

/** All SQS cases in which MiniStack 1.5.33 or moto 5.2.5 differs from AWS. */
export const sqsDifferences: readonly Difference[] = [
  {
    target: 'ministack',
    protocol: 'sqs',
    case: 'a batch has a response for each entry, and an invalid entry fails alone, as the sender’s fault',
    does: { Successful: ['a', 'b'], Failed: [] },
    says: 'Accepts a delay of 901 seconds.',
    aws: 'DelaySeconds is 0 to 900.',
  },
  {
    target: 'ministack',
    protocol: 'sqs',
    case: 'out-of-range values are refused',
    does: { waitOf21: ACCEPTED, delayOf901: ACCEPTED, visibilityOf43201: ACCEPTED },
    says: 'Accepts a wait of 21 s, a delay of 901 s and a visibility timeout of 43,201 s.',
    aws: 'WaitTimeSeconds ends at 20, DelaySeconds at 900, VisibilityTimeout at 43,200.',
    page: `${API}/API_SetQueueAttributes.html`,
  },
  {
    target: 'ministack',
    protocol: 'sqs',
    case: 'an older handle changes the visibility of a message that was received again',
    does: { hidden: undefined, again: undefined, thrown: 'ReceiptHandleIsInvalid' },
    says: 'Refuses the older handle.',
    aws: 'Every handle of a message works until the message is deleted.',
  },
  {
    target: 'ministack',
    protocol: 'sqs',
    case: HANDLE_OF_DELETED,
    does: { change: undefined, thrown: 'ReceiptHandleIsInvalid' },
    says: 'Refuses a second DeleteMessage.',
    aws: 'DeleteMessage succeeds every time.',
  },
  {
    target: 'ministack',
    protocol: 'sqs',
    case: 'a second purge within 60 seconds is refused',
    does: ACCEPTED,
    says: 'Purges again.',
    aws: 'PurgeQueueInProgress, 403.',
  },
  {
    target: 'ministack',
    protocol: 'sqs',
    case: DELETED_RECENTLY,
    does: ACCEPTED,
    says: 'Creates the queue.',
    aws: 'QueueDeletedRecently, 400.',
  },
  {
    target: 'ministack',
    protocol: 'sqs',
    case: 'a response has no member for an empty list',
    does: { queues: ['QueueUrls'], sent: ['Successful', 'Failed'] },
    says: 'Responds with empty lists.',
    aws: 'Leaves the member out.',
  },
  {
    target: 'ministack',
    protocol: 'sqs',
    case: 'a queue attribute that does not exist is refused',
    does: ACCEPTED,
    says: 'Ignores the name.',
    aws: 'InvalidAttributeName, 400.',
  },
  {
    target: 'ministack',
    protocol: 'sqs',
    case: RECEIVED_ATTRIBUTES,
    does: { star: [] },
    says: 'Does not support `*`.',
    aws: '`*` names all attributes.',
  },
  {
    target: 'ministack',
    protocol: 'sqs',
    case: TRACE_ATTRIBUTE,
    does: { digests: [null, DIGEST] },
    says: 'Responds without MD5OfMessageSystemAttributes.',
    aws: 'The response has the digest of the system attributes.',
  },
  {
    target: 'ministack',
    protocol: 'sqs',
    case: TRACE_HEADER,
    does: null,
    says: 'Ignores the header.',
    aws: 'The header becomes AWSTraceHeader.',
  },
  {
    target: 'ministack',
    protocol: 'sqs',
    case: GROUP_ID,
    does: [ACCEPTED, ACCEPTED, ACCEPTED],
    says: 'Accepts any message group id.',
    aws: 'InvalidParameterValue, 400.',
  },
  {
    target: 'ministack',
    protocol: 'sqs',
    case: REFUSED_ATTRIBUTES,
    does: {
      reserved: [ACCEPTED, ACCEPTED],
      periods: [ACCEPTED, ACCEPTED, ACCEPTED],
      characters: [ACCEPTED, ACCEPTED],
      long: ACCEPTED,
      types: [ACCEPTED, ACCEPTED],
      control: ACCEPTED,
    },
    says: 'Accepts any attribute.',
    aws: 'InvalidParameterValue, 400.',
  },
  {
    target: 'moto',
    protocol: 'sqs',
    case: 'an empty message is refused',
    does: ACCEPTED,
    says: 'Accepts it.',
    aws: 'A body has at least one character.',
  },
  {
    target: 'moto',
    protocol: 'sqs',
    case: HANDLE_OF_DELETED,
    does: { change: { error: 'ReceiptHandleIsInvalid', status: 400 } },
    says: 'Reports that the handle is not valid.',
    aws: 'InvalidParameterValue, 400: the message does not exist.',
  },
  {
    target: 'moto',
    protocol: 'sqs',
    case: DELETED_RECENTLY,
    does: ACCEPTED,
    says: 'Creates the queue.',
    aws: 'QueueDeletedRecently, 400.',
  },
  {
    target: 'moto',
    protocol: 'sqs',
    case: 'a response has no member for an empty list',
    does: { sent: ['Successful', 'Failed'] },
    says: 'Responds to a batch with an empty Failed.',
    aws: 'Leaves the member out.',
  },
  {
    target: 'moto',
    protocol: 'sqs',
    case: 'another account’s queue URL is not found',
    does: ACCEPTED,
    says: 'Ignores the account.',
    aws: 'QueueDoesNotExist, 400.',
  },
  {
    target: 'moto',
    protocol: 'sqs',
    case: RECEIVED_ATTRIBUTES,
    does: { star: [] },
    says: 'Does not support `*`.',
    aws: '`*` names all attributes.',
  },
  {
    target: 'moto',
    protocol: 'sqs',
    case: TRACE_ATTRIBUTE,
    does: { digests: [null, DIGEST] },
    says: 'Responds without MD5OfMessageSystemAttributes.',
    aws: 'The response has the digest of the system attributes.',
  },
  {
    target: 'moto',
    protocol: 'sqs',
    case: TRACE_HEADER,
    does: { AWSTraceHeader: undefined },
    says: 'Ignores the header.',
    aws: 'The header becomes AWSTraceHeader.',
  },
  {
    target: 'moto',
    protocol: 'sqs',
    case: 'a message with a control character is refused',
    does: ACCEPTED,
    says: 'Accepts it.',
    aws: 'InvalidMessageContents, 400.',
  },
  {
    target: 'moto',
    protocol: 'sqs',
    case: GROUP_ID,
    does: [ACCEPTED, ACCEPTED, ACCEPTED],
    says: 'Accepts any message group id.',
    aws: 'InvalidParameterValue, 400.',
  },
  {
    target: 'moto',
    protocol: 'sqs',
    case: REFUSED_ATTRIBUTES,
    does: {
      accents: REFUSED.error,
      reserved: [ACCEPTED, ACCEPTED],
      periods: [ACCEPTED, ACCEPTED, ACCEPTED],
      long: ACCEPTED,
      types: [REFUSED, ACCEPTED],
      control: ACCEPTED,
    },
    says: 'Rejects accents, and accepts reserved names, periods anywhere, long names and types, and control characters.',
    aws: 'InvalidParameterValue, 400.',
  },
];
