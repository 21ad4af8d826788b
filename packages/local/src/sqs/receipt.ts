/**
 * One delivery of a message. The delivery's receipt handle works until the message is deleted, even if the message has been received again. For
 * standard queues, AWS also accepts older handles in ChangeMessageVisibility and DeleteMessage, but DeleteMessage may then leave the message in the
 * queue. Here, DeleteMessage always deletes the message, so that tests expose the damage that a late receiver can do.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
 */
export interface Receipt {
  /** The queue that delivered the message. */
  readonly queue: string;
  /** The message's row ID in the database. Row IDs of deleted messages are reused, so the message ID is compared too. */
  readonly id: number;
  readonly messageId: string;
  /** The message's receive count at this delivery. This number makes each handle unique. */
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
