import { JsonError } from '../aws-endpoint/json-protocol.ts';

// The error codes of the older query protocol, keyed by the error names of the JSON protocol. Both kinds of names are part of the API, because SDKs
// report the older code if the service sends one in a header.
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

/** An error that the SQS API returns. */
export class SqsError extends JsonError {
  /** The error code of a failed batch entry. */
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

/** Creates the error for an invalid parameter value. `reason` completes the message's sentence, as in SQS's own messages. */
export function invalidParameter(name: string, value: unknown, reason: string): SqsError {
  return new SqsError(
    'InvalidParameterValueException',
    `Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`,
  );
}
