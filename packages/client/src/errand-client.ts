export {
  createErrandClient,
  type ErrandClient,
  type ErrandClientOptions,
  type Schema,
} from './http-client.ts';
export { dataOf, RefusedError, requireDone } from './refusal.ts';
export { submitFile } from './submit-file.ts';
export { hasEnded, waitForEnd, type WaitOptions } from './wait-for-end.ts';
