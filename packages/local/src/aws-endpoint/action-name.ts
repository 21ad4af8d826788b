import type { IncomingMessage } from 'node:http';
import { s3ActionName } from './s3-action-name.ts';

const RDS_DATA_ACTIONS: Readonly<Record<string, string>> = {
  '/Execute': 'ExecuteStatement',
  '/BatchExecute': 'BatchExecuteStatement',
  '/BeginTransaction': 'BeginTransaction',
  '/CommitTransaction': 'CommitTransaction',
  '/RollbackTransaction': 'RollbackTransaction',
};

const SCHEDULER_PATH = /^\/(schedule|schedule-group)s(\/[^/]+)?$/;

const SCHEDULER_VERBS: Readonly<Record<string, string>> = {
  POST: 'Create',
  PUT: 'Update',
  GET: 'Get',
  DELETE: 'Delete',
};

const ACCOUNT_SETTINGS = /^\/2016-08-19\/account-settings\/?$/;
const LAMBDA_FUNCTIONS = /^\/2015-03-31\/functions\/?$/;
const LAMBDA_FUNCTION = /^\/2015-03-31\/functions\/[^/]+$/;
const LAMBDA_VERSIONS = /^\/2015-03-31\/functions\/[^/]+\/versions$/;
const LAMBDA_CONFIGURATION = /^\/2015-03-31\/functions\/[^/]+\/configuration$/;
/** Matches the path of a request in the CBOR protocol. */
const RPC_PATH = /^\/service\/[^/]+\/operation\/([^/?]+)$/;
const LAMBDA_INVOKE = /^\/2015-03-31\/functions\/[^/]+\/invocations$/;

/**
 * Returns the CloudTrail name of the API action that a request calls, such as `SendMessage` or `ExecuteStatement`. In the JSON
 * protocols, X-Amz-Target contains the action. In the CBOR protocol, the path ends in the action. In REST protocols, the method and the
 * path determine the action.
 */
export function actionName(service: string, request: IncomingMessage): string {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);

  const method = request.method ?? 'GET';
  // GetCallerIdentity is the embedded STS's only action. STS uses the query protocol, which names the action in the request body.
  if (service === 'sts') return 'GetCallerIdentity';
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const [, operation] = RPC_PATH.exec(path) ?? [];
  if (operation !== undefined && 'smithy-protocol' in request.headers) return operation;
  if (service === 'rds-data') return RDS_DATA_ACTIONS[path] ?? `${method} ${path}`;
  if (service === 'lambda') return lambdaAction(method, path) ?? `${method} ${path}`;
  if (service === 'scheduler') return schedulerAction(method, path) ?? `${method} ${path}`;
  if (service === 's3') return s3ActionName(request);
  return `${method} ${path}`;
}

function lambdaAction(method: string, path: string): string | undefined {
  if (method === 'POST') return LAMBDA_INVOKE.test(path) ? 'Invoke' : undefined;
  if (method === 'DELETE') return LAMBDA_FUNCTION.test(path) ? 'DeleteFunction' : undefined;
  if (method !== 'GET') return undefined;
  if (LAMBDA_VERSIONS.test(path)) return 'ListVersionsByFunction';
  if (ACCOUNT_SETTINGS.test(path)) return 'GetAccountSettings';
  if (LAMBDA_FUNCTIONS.test(path)) return 'ListFunctions';
  return LAMBDA_CONFIGURATION.test(path) ? 'GetFunctionConfiguration' : undefined;
}

/** Returns the name of a Scheduler action, such as `GetSchedule` or `ListScheduleGroups`. */
function schedulerAction(method: string, path: string): string | undefined {
  const [, kind, name] = SCHEDULER_PATH.exec(path) ?? [];
  const verb = SCHEDULER_VERBS[method];
  if (kind === undefined || verb === undefined) return undefined;
  const noun = kind === 'schedule' ? 'Schedule' : 'ScheduleGroup';
  return name === undefined ? `List${noun}s` : verb + noun;
}
