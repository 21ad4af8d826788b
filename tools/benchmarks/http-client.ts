import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

/**
 * A client that sends JSON over keep-alive connections. All services are measured with this client, so its overhead is the same for each service.
 */
export interface HttpClient {
  /** @throws Error for a status other than 2xx */
  call<Body>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Body>;
  end(): void;
}

/** @param connections the maximum number of connections */
export function openHttpClient(url: string, connections: number): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(url);
  return {
    call<Body>(method: 'GET' | 'POST', path: string, body?: unknown) {
      const sent = body === undefined ? '' : JSON.stringify(body);
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) };
      return new Promise<Body>((resolve, reject) => {
        const outgoing = request({ hostname, port, agent, method, path, headers }, (response) => {
          text(response).then((received) => {
            const status = response.statusCode ?? 0;
            if (status >= 200 && status < 300) resolve(JSON.parse(received) as Body);
            else reject(new Error(`${method} ${path} returned ${status}: ${received}`));
          }, reject);
        });
        outgoing.on('error', reject);
        outgoing.end(sent);
      });
    },
    end() {
      agent.destroy();
    },
  };
}
