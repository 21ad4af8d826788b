import { expect, it } from '@jest/globals';
import { createCallCounter } from '../../../src/aws-endpoint/call-counter.ts';

it('the call counter counts up to 10,000 names separately, and all further names together', () => {
  const counter = createCallCounter();
  for (let index = 0; index < 10_100; index += 1) counter.count('api', 'sqs', `Action${index}`);
  counter.count('api', 'sqs', 'Action0');
  expect(counter.calls()).toHaveLength(10_001);
  expect(counter.calls()).toContainEqual({ caller: 'api', service: 'sqs', action: 'Action0', count: 2 });
  const others = { caller: 'others', service: 'others', action: 'others', count: 100 };
  expect(counter.calls()).toContainEqual(others);
});
