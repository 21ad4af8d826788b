import { StoreUnavailableError } from '../../job/errors.ts';

/** A failed DynamoDB call as the domain knows it. The write may have happened: only its answer may be missing. */
export function toUnavailable(error: unknown): StoreUnavailableError {
  return new StoreUnavailableError('dynamodb', 'unknown', error);
}
