import { invalid, optionalObject, optionalText, optionalWhole, requireKnown } from './members.ts';
import { SEND_MESSAGE_TARGET, type Target } from './schedule.ts';

const TARGETS = /^arn:aws:(lambda:[^:]*:\d{12}:function:[\w-]+(:[\w$-]+)?|sqs:[^:]*:\d{12}:[\w.-]+)$/;

/** The ARN of a universal target: a service and one of its actions, as the SDK spells them. */
const UNIVERSAL_TARGET = /^arn:aws:scheduler:::aws-sdk:(?<service>[a-z0-9]+):(?<action>[a-z][A-Za-z0-9]*)$/;

/** Actions that only read data (https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html). */
const READ_ONLY = new RegExp(
  `^(${[
    ...['get', 'describe', 'list', 'poll', 'receive', 'search', 'scan', 'query', 'select', 'read', 'lookup'],
    ...['discover', 'validate', 'batchGet', 'batchDescribe', 'batchRead', 'transactGet', 'adminGet'],
    ...['adminList', 'testMigration', 'retrieve', 'testConnection', 'translateDocument', 'isAuthorized'],
    'invokeModel',
  ].join('|')})`,
);

const KNOWN = ['Arn', 'RoleArn', 'Input', 'RetryPolicy', 'DeadLetterConfig'];

/** The maximum input size, 256 KiB: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Target.html. */
const MAX_INPUT_BYTES = 262_144;

/** @throws JsonError `ValidationException` that names the member */
export function readTarget(value: unknown): Target {
  const members = optionalObject(value, 'Target');
  requireKnown(members, KNOWN, 'Target.');
  const input = optionalText(members.Input, 'Target.Input');
  if (input !== undefined && Buffer.byteLength(input) > MAX_INPUT_BYTES) {
    throw invalid(
      `Target.Input has ${Buffer.byteLength(input)} bytes; at most ${MAX_INPUT_BYTES} are allowed`,
    );
  }
  requireRetryPolicy(members.RetryPolicy);
  const deadLetters = optionalObject(members.DeadLetterConfig, 'Target.DeadLetterConfig');
  requireKnown(deadLetters, ['Arn'], 'Target.DeadLetterConfig.');
  const arn = optionalText(members.Arn, 'Target.Arn') ?? '';
  optionalText(members.RoleArn, 'Target.RoleArn');
  optionalText(deadLetters.Arn, 'Target.DeadLetterConfig.Arn');
  const target = members as Partial<Target>;
  if (arn.startsWith('arn:aws:scheduler:::')) requireUniversalTarget(arn, input);
  else if (!TARGETS.test(arn)) {
    throw invalid(
      `Target.Arn "${arn}" must be the ARN of a Lambda function or an SQS queue, or ${SEND_MESSAGE_TARGET}`,
    );
  }
  if (!target.RoleArn) throw invalid('Target.RoleArn is missing');
  return target as Target;
}

/** Checks a retry policy against AWS's limits: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html. */
function requireRetryPolicy(value: unknown): void {
  const path = 'Target.RetryPolicy.';
  const policy = optionalObject(value, 'Target.RetryPolicy');
  requireKnown(policy, ['MaximumEventAgeInSeconds', 'MaximumRetryAttempts'], path);
  optionalWhole(policy.MaximumEventAgeInSeconds, `${path}MaximumEventAgeInSeconds`, {
    least: 60,
    most: 86_400,
  });
  optionalWhole(policy.MaximumRetryAttempts, `${path}MaximumRetryAttempts`, { least: 0, most: 185 });
}

function requireUniversalTarget(arn: string, input: string | undefined): void {
  const { service, action = '' } = UNIVERSAL_TARGET.exec(arn)?.groups ?? {};
  if (service === undefined) {
    throw invalid(`Target.Arn "${arn}" must have the format arn:aws:scheduler:::aws-sdk:service:apiAction`);
  }
  if (READ_ONLY.test(action)) {
    throw invalid(
      `Target.Arn "${arn}" is an action that only reads data, which EventBridge Scheduler refuses`,
    );
  }
  if (arn !== SEND_MESSAGE_TARGET) {
    throw invalid(
      `Target.Arn "${arn}" is not implemented: the only universal target that the embedded Scheduler supports is ${SEND_MESSAGE_TARGET}`,
    );
  }
  if (!isJsonObject(input)) throw invalid('Target.Input must be a JSON object: the request to SQS');
}

function isJsonObject(text: string | undefined): boolean {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
