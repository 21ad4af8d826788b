import { expect, it } from '@jest/globals';
import { formFieldsOf } from '../../../lambdas/api/form-fields.ts';
import { submissionSchema } from '../../../lambdas/api/submission-schema.ts';

it('form fields get the types in the submission’s schema', () => {
  expect(formFieldsOf(submissionSchema())).toEqual({
    json: ['payload', 'debounce', 'metadata', 'concurrency', 'rate_limit'],
    number: [
      'delay_seconds',
      'max_attempts',
      'timeout_seconds',
      'max_duration_seconds',
      'dedup_seconds',
      'priority',
    ],
    list: ['tags'],
  });
});
