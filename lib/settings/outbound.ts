import { readHostEntry } from '../../lambdas/access/host-entry.ts';
import { isMessagesUrl } from './addresses.ts';
import { list, string } from './kinds.ts';
import { setting, unset } from './setting.ts';

/** A function's environment holds 4 KB. The other variables need less than half of that. */
const MAX_HOST_LIST = 2_000;

/** Hosts that jobs may call. */
export const outboundSettings = {
  webhookAllowedHosts: setting({
    text:
      'The hosts that `webhook` jobs and callbacks may call: `example.com`, `example.com:8443`, or ' +
      '`*.example.com` for subdomains of any depth, each over HTTPS only. A leading `http://` allows plain HTTP. An IP ' +
      'address allows that address and port, even a private one: `http://127.0.0.1:8080`, for development. With a tenant and a ' +
      'colon in front, `acme:example.com`, a host is only for that tenant. With no hosts, webhooks are rejected.',
    kind: list(
      'comma-separated hosts, such as example.com, example.com:8443, *.example.com or, for development, ' +
        'http://127.0.0.1:8080; a tenant and a colon in front, such as acme:example.com, allow a host only for that tenant ' +
        `(up to ${MAX_HOST_LIST} characters)`,
      (entry) => readHostEntry(entry) !== undefined,
      (entries) => entries.join(',').length <= MAX_HOST_LIST,
    ),
    default: [],
  }),
  messagesUrl: setting({
    text:
      'The URL to which `send_messages` jobs POST messages: `https://`, or for development `http://` with a loopback ' +
      'address, such as `http://127.0.0.1:8080/messages`. Without a URL, `send_messages` jobs are rejected.',
    kind: string(
      'an https URL without a user name, such as https://example.com/messages, or, for development, an http URL with a loopback ' +
        'address, such as http://127.0.0.1:8080/messages',
      isMessagesUrl,
    ),
    default: unset('none'),
  }),
};
