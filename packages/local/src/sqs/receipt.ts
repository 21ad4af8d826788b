/**
 * A delivery of a message. Its handle works until the message is deleted, even if the message was received again: for a standard
 * queue, AWS accepts an older handle in ChangeMessageVisibility, and in DeleteMessage, which may or may not delete the message
 * then. Here it always does, because a test must see the damage that a late receiver can do.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
 */
export interface Receipt {
  /** The queue that delivered the message. */
  readonly queue: string;
  /** The message's number in the database. Numbers of deleted messages are reused, so the message id is compared too. */
  readonly id: number;
  readonly messageId: string;
  /** How often the message had been received by then, which makes each handle unique. */
  readonly receiveCount: number;
}

const FORM = /^([A-Za-z0-9_-]{1,80}) (\d+) ([0-9a-f-]{36}) (\d+)$/;

export function handleOf({ queue, id, messageId, receiveCount }: Receipt): string {
  return Buffer.from(`${queue} ${id} ${messageId} ${receiveCount}`).toString('base64url');
}

/** @returns undefined if SQS never issued this handle */
export function readHandle(handle: string): Receipt | undefined {
  const [, queue = '', id, messageId = '', receiveCount] =
    FORM.exec(Buffer.from(handle, 'base64url').toString()) ?? [];
  const receipt = { queue, id: Number(id), messageId, receiveCount: Number(receiveCount) };
  return handleOf(receipt) === handle ? receipt : undefined;
}
