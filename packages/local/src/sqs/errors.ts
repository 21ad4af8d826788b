import { JsonError } from '../aws-endpoint/json-protocol.ts';

// The JSON protocol's name of an error, and its name in the older query protocol. The SDKs show the older name if the service
// sends it in a header, so both belong to the API.
const QUERY_CODES = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  InvalidParameterValueException: 'InvalidParameterValue',
  MissingRequiredParameterException: 'MissingParameter',
  InvalidAttributeName: 'InvalidAttributeName',
  InvalidAttributeValue: 'InvalidAttributeValue',
  InvalidMessageContents: 'InvalidMessageContents',
  PurgeQueueInProgress: 'AWS.SimpleQueueService.PurgeQueueInProgress',
  QueueDeletedRecently: 'AWS.SimpleQueueService.QueueDeletedRecently',
  ReceiptHandleIsInvalid: 'ReceiptHandleIsInvalid',
  UnsupportedOperation: 'AWS.SimpleQueueService.UnsupportedOperation',
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  InvalidBatchEntryId: 'AWS.SimpleQueueService.InvalidBatchEntryId',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
} as const;

/** An error of the SQS API. */
export class SqsError extends JsonError {
  /** The label of a failed batch entry. */
  readonly queryCode: string;

  constructor(code: keyof typeof QUERY_CODES, message: string, status = 400) {
    const queryCode = QUERY_CODES[code];
    super(`com.amazonaws.sqs#${code}`, message, {
      status,
      headers: { 'x-amzn-query-error': `${queryCode};Sender` },
    });
    this.queryCode = queryCode;
  }
}

/** An invalid parameter value; `reason` ends the sentence as in SQS's own messages. */
export function invalidParameter(name: string, value: unknown, reason: string): SqsError {
  return new SqsError(
    'InvalidParameterValueException',
    `Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`,
  );
}
