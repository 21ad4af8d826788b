import { readHostEntry } from '../../lambdas/access/host-entry.ts';
import { isMessagesUrl } from './addresses.ts';
import { list, string } from './kinds.ts';
import { setting, unset } from './setting.ts';

/**
 * The maximum length of the host list, in characters. A function's environment is limited to 4 KB, and the other variables need less than
 * half of that.
 */
const MAX_HOST_LIST = 2_000;

/** Settings that control which hosts jobs may call. */
export const outboundSettings = {
  webhookAllowedHosts: setting({
    text:
      'The hosts that `webhook` jobs and callbacks may call: `example.com`, `example.com:8443`, or ' +
      '`*.example.com` for subdomains of any depth, each over HTTPS only. Prefix a host with `http://` to allow ' +
      'plain HTTP. An IP address allows that address and port, even if it is private, such as `http://127.0.0.1:8080` for ' +
      'development. Prefix a host with a tenant and a colon (`acme:example.com`) to allow it for that tenant only. If the list is ' +
      'empty, webhooks are rejected.',
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
      'The URL to which `send_messages` jobs POST messages. It must use `https://`, or for development `http://` with a loopback ' +
      'address, such as `http://127.0.0.1:8080/messages`. Without a URL, `send_messages` jobs are rejected.',
    kind: string(
      'an https URL without a user name, such as https://example.com/messages, or, for development, an http URL with a loopback ' +
        'address, such as http://127.0.0.1:8080/messages',
      isMessagesUrl,
    ),
    default: unset('none'),
  }),
};
