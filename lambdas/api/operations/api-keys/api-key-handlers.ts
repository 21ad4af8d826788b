import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { keyState, type KeyRecord } from '../../../access/api-key.ts';
import { KeyError } from '../../../access/key-table.ts';
import {
  KeyEndedError,
  KeyNotFoundError,
  MakerEndedError,
  ScopesExceededError,
} from '../../../api-key/key-errors.ts';
import {
  createKey,
  listKeys,
  revokeKey,
  rotateKey,
  type ApiKeyPorts,
  type Maker,
} from '../../../api-key/manage-keys.ts';
import { HttpError } from '../../../middleware/problem.ts';
import type { Dependencies } from '../../dependencies.ts';
import type { ApiKeyView } from '../../documents/views/api-key.ts';
import { encodeNameCursor, pageOf } from '../../fields.ts';
import { json } from '../../operation.ts';
import { validate, type ApiRequest } from '../../request.ts';
import { keyRequest, rotation } from './api-key-bodies.ts';

// The handlers of the API key operations, loaded on the first request for keys (see lazy), because most instances get no
// requests for keys.

type Response = Promise<APIGatewayProxyStructuredResultV2>;

interface KeyPath {
  readonly key_id: string;
}

export async function list(
  { tenant, query }: ApiRequest<unknown, { limit: number; cursor?: string | undefined }>,
  { apiKeys }: Dependencies,
): Response {
  const ports = await portsOf(apiKeys);
  const { limit, cursor } = query;
  const keys = await listKeys(tenant, ports);
  const start = cursor === undefined ? 0 : keys.findIndex((key) => isAfter(key, cursor));
  const rest = start === -1 ? [] : keys.slice(start);
  const { items, ...page } = pageOf(rest, limit, (key) => encodeNameCursor(placeOf(key)));
  return json(200, { items: items.map((key) => toView(key, ports.now())), ...page });
}

export async function create(request: ApiRequest, { apiKeys }: Dependencies): Response {
  const { name, scopes, expires_in_seconds: expiresInSeconds } = validate(keyRequest, request.body, 'body');
  const ports = await portsOf(apiKeys);
  const created = createKey(
    { name, scopes, expiresInSeconds },
    makerOf(request),
    request.auditEntry(),
    ports,
  );
  const { key, record } = await created.catch(refuse);
  return json(201, { key, ...toView(record, ports.now()) });
}

export async function rotate(request: ApiRequest<KeyPath>, { apiKeys }: Dependencies): Response {
  const body = validate(rotation, request.body, 'body');
  const times = { overlapSeconds: body.overlap_seconds, expiresInSeconds: body.expires_in_seconds };
  const ports = await portsOf(apiKeys);
  const rotated = rotateKey(request.path.key_id, times, makerOf(request), request.auditEntry(), ports);
  const { key, record, old } = await rotated.catch(refuse);
  const now = ports.now();
  return json(200, { key, ...toView(record, now), replaced: toView(old, now) });
}

export async function revoke(
  { tenant, path, auditEntry }: ApiRequest<KeyPath>,
  { apiKeys }: Dependencies,
): Response {
  const ports = await portsOf(apiKeys);
  const record = await revokeKey(path.key_id, tenant, auditEntry(), ports).catch(refuse);
  return json(200, toView(record, ports.now()));
}

/** Loads the ports. @throws HttpError if the deployment does not use API keys */
function portsOf(apiKeys: Dependencies['apiKeys']): Promise<ApiKeyPorts> {
  if (apiKeys.load) return apiKeys.load();
  throw new HttpError(
    409,
    'api-keys-unavailable',
    `This deployment has no API keys, because its AUTH setting is ${apiKeys.auth}: set AUTH=api-key, and deploy again.`,
  );
}

/**
 * Identifies the API key with which the caller creates or rotates a key. With AUTH=api-key, `actor` contains the id of
 * the caller's key.
 */
function makerOf({ tenant, scopes, actor }: ApiRequest): Maker {
  return { tenant, scopes, keyId: actor?.replace(/^key:/, '') ?? '' };
}

function refuse(error: unknown): never {
  if (error instanceof KeyNotFoundError || error instanceof KeyError)
    throw new HttpError(404, 'api-key-not-found', error.message);
  if (error instanceof KeyEndedError) throw new HttpError(409, 'api-key-ended', error.message);
  if (error instanceof ScopesExceededError) throw new HttpError(403, 'forbidden', error.message);
  if (error instanceof MakerEndedError) {
    throw new HttpError(401, 'unauthorized', error.message, { headers: { 'www-authenticate': 'Bearer' } });
  }
  throw error;
}

function toView(record: KeyRecord, now: Date): ApiKeyView {
  return {
    key_id: record.key_id,
    name: record.name,
    scopes: [...record.scopes],
    state: keyState(record, now),
    create_time: record.create_time.toISOString(),
    expire_time: record.expire_time?.toISOString() ?? null,
    revoke_time: record.revoke_time?.toISOString() ?? null,
  };
}

/**
 * Returns a key's position in the list. The position contains the key's id in addition to its creation time, because
 * several keys may be created in the same millisecond, and each page must begin exactly where the previous page ended.
 */
function placeOf({ create_time: time, key_id: keyId }: KeyRecord): string {
  return `${String(time.getTime()).padStart(15, '0')}.${keyId}`;
}

function isAfter(key: KeyRecord, place: string): boolean {
  return placeOf(key) < place;
}
