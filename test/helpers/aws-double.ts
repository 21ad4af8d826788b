import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A response, with its status and body as AWS sends them. */
export interface AwsResponse {
  readonly status?: number;
  readonly body: string | object;
}

/** Responses by action. A response is either fixed, or computed from the request body. */
export type AwsResponses = Readonly<Record<string, AwsResponse | ((body: string) => AwsResponse)>>;

export interface AwsDouble {
  readonly url: string;
  /** The calls received so far, each as `action body`. */
  readonly calls: readonly string[];
  end(): Promise<void>;
}

/**
 * Starts a server on 127.0.0.1 that responds to AWS calls with canned responses, by action name. The double stands in for services and errors that
 * neither the embedded cloud nor an emulator supports.
 */
export async function startAwsDouble(responses: () => AwsResponses): Promise<AwsDouble> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const action = actionOf(request, body);
      calls.push(`${action} ${body}`);
      const given = responses()[action] ?? UNKNOWN;
      const { status = 200, body: answer } = typeof given === 'function' ? given(body) : given;
      const isXml = typeof answer === 'string';
      response.writeHead(status, { 'content-type': isXml ? 'text/xml' : 'application/x-amz-json-1.1' });
      response.end(isXml ? answer : JSON.stringify(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async end() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const UNKNOWN: AwsResponse = { status: 404, body: { __type: 'UnknownOperationException' } };

/** Returns the action that a JSON or query protocol request names. In the tests, only Lambda's GetAccountSettings uses another protocol. */
function actionOf({ headers, url = '' }: IncomingMessage, body: string): string {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.').at(-1) ?? '';
  return (
    new URLSearchParams(body).get('Action') ?? (url.includes('account-settings') ? 'GetAccountSettings' : url)
  );
}

/** Returns an error in the format of the query protocol: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html */
export const queryError = (code: string, message: string, status = 400): AwsResponse => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
});

/** Returns an EC2 error: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
export const ec2Error = (code: string, message: string, status: number): AwsResponse => ({
  status,
  body: `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>1</RequestID></Response>`,
});

/** Returns an error in the format of the JSON protocols. */
export const jsonError = (code: string, message: string): AwsResponse => ({
  status: 400,
  body: { __type: code, message },
});

/** Returns a result in the format of the query protocol. */
export const queryResult = (action: string, result: string): AwsResponse => ({
  body: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
});
