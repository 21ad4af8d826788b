import { JsonError } from '../aws-endpoint/json-protocol.ts';

export function validationError(message: string): JsonError {
  return new JsonError('com.amazon.coral.validate#ValidationException', message);
}
