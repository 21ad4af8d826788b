import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { NewAuditEntry } from '../../../job/audit.ts';
import { HttpError } from '../../../middleware/problem.ts';
import {
  getWebhookKey,
  KeyGenerationError,
  rotateWebhookKey,
  type KeyPorts,
  type Rotation,
} from '../../../webhook-key/manage-key.ts';
import type { Dependencies } from '../../dependencies.ts';
import { json } from '../../operation.ts';

// The handlers of the webhook key operations, loaded on the first request for a key (see lazy), because other requests
// don't need keys.

type Response = Promise<APIGatewayProxyStructuredResultV2>;
type WebhookKeys = Dependencies['webhookKeys'];

export async function show(tenant: string, webhookKeys: WebhookKeys): Response {
  return json(200, await getWebhookKey(tenant, await portsOf(webhookKeys)));
}

export async function rotate(rotation: Rotation, entry: NewAuditEntry, webhookKeys: WebhookKeys): Response {
  const ports = await portsOf(webhookKeys);
  try {
    return json(200, await rotateWebhookKey(rotation, entry, ports));
  } catch (error) {
    if (!(error instanceof KeyGenerationError)) throw error;
    throw new HttpError(409, 'webhook-key-conflict', error.message);
  }
}

/** Loads the ports. @throws HttpError if the deployment doesn't send webhooks */
function portsOf(webhookKeys: WebhookKeys): Promise<KeyPorts> {
  if (webhookKeys) return webhookKeys.load();
  throw new HttpError(
    409,
    'webhooks-unavailable',
    'This deployment sends no webhooks, so it has no webhook keys: set WEBHOOK_ALLOWED_HOSTS to the hosts that may receive ' +
      'webhooks, such as WEBHOOK_ALLOWED_HOSTS=example.com, and deploy again.',
  );
}
