import { describe, expect, it } from '@jest/globals';
import { ErrandError } from 'errand-client';
import { errorText } from '../src/api/error-text.ts';

describe('an error’s text', () => {
  it('is the API’s explanation without the status', () => {
    const error = new ErrandError('urn:errand:problem:conflict', 'Conflict', 'The job has ended.', {
      status: 409,
    });
    expect(errorText(error)).toBe('The job has ended.');
  });

  it('names each invalid field', () => {
    const errors = [
      { field: 'payload.amount', message: 'must be positive' },
      { field: 'tags[0]', message: 'must not be empty' },
    ];
    const error = new ErrandError('urn:x', 'Invalid', 'The request is invalid.', { status: 422, errors });
    expect(errorText(error)).toBe('payload.amount: must be positive\ntags[0]: must not be empty');
  });

  it('is the message for any other error', () => {
    expect(errorText(new TypeError('The file is too large.'))).toBe('The file is too large.');
    expect(errorText('nope')).toBe('nope');
  });
});
