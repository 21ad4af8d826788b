import { JsonError, type JsonObject } from '../aws-endpoint/json-protocol.ts';
import type { Secret } from './secret-store.ts';

/** The maximum number of secrets on a page. */
const MAX_RESULTS = 100;

/** Returns DescribeSecret's response. */
export function descriptionOf(secret: Secret): object {
  const stages = stagesOf(secret);
  // AWS omits this member for a secret without a value.
  return { ...summaryOf(secret), ...(stages && { VersionIdsToStages: stages }) };
}

/**
 * Returns a page of secrets for ListSecrets.
 * @throws JsonError for an invalid page size or token
 */
export function listSecrets(secrets: readonly Secret[], input: JsonObject): object {
  const { MaxResults: limit = MAX_RESULTS, NextToken: token = '0' } = input;
  if (!(Number.isInteger(limit) && Number(limit) >= 1 && Number(limit) <= MAX_RESULTS)) {
    throw new JsonError(
      'InvalidParameterException',
      `MaxResults must be a whole number from 1 to ${MAX_RESULTS}.`,
    );
  }
  const start = Number(token);
  if (!(Number.isInteger(start) && start >= 0)) {
    throw new JsonError('InvalidNextTokenException', 'NextToken must come from an earlier ListSecrets.');
  }
  const end = start + Number(limit);
  return {
    SecretList: secrets.slice(start, end).map((secret) => {
      const stages = stagesOf(secret);
      return { ...summaryOf(secret), ...(stages && { SecretVersionsToStages: stages }) };
    }),
    ...(end < secrets.length && { NextToken: String(end) }),
  };
}

function summaryOf({ arn, name, description, kmsKeyId, tags, createdAt, changedAt }: Secret): object {
  return {
    ARN: arn,
    Name: name,
    Description: description,
    KmsKeyId: kmsKeyId,
    Tags: tags,
    CreatedDate: createdAt,
    LastChangedDate: changedAt,
  };
}

/** Returns the versions' staging labels, keyed by version ID. Omits versions without labels. */
function stagesOf({ versions }: Secret): Record<string, readonly string[]> | undefined {
  const labeled = versions.filter(({ stages }) => stages.length > 0);
  if (labeled.length === 0) return undefined;
  return Object.fromEntries(labeled.map(({ id, stages }) => [id, stages]));
}
