import { connect } from 'node:net';

const END_OF_HEADERS = '\r\n\r\n';

/**
 * Opens a connection to the Runtime API, which handles one call at a time. It implements only the part of HTTP that this API uses, because
 * with node:http, the two calls per warm invocation took most of the sandbox's CPU time. The connection keeps the process alive only while
 * a call waits for its response.
 *
 * @param {string} address `host:port`
 */
export function openRuntimeConnection(address) {
  const [host, port] = address.split(':');
  const socket = connect({ host, port, noDelay: true });
  socket.unref();

  let pending;
  let chunks = [];
  let size = 0;
  /** The headers of the response that is being read, once they have arrived. */
  let headers;
  /** The length of the whole response in bytes. It is 0 until the headers have arrived. */
  let length = 0;

  socket.on('data', (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size < length) return;
    const answer = chunks.length === 1 ? chunk : Buffer.concat(chunks);
    chunks = [answer];
    if (!headers) {
      const end = answer.indexOf(END_OF_HEADERS);
      if (end === -1) return;
      headers = readHeaders(answer.latin1Slice(0, end));
      length = end + END_OF_HEADERS.length + Number(headers['content-length']);
      if (size < length) return;
    }
    const body = answer.utf8Slice(length - Number(headers['content-length']), length);
    settle('resolve', { headers, body });
  });
  socket.on('error', (error) => settle('reject', error));
  socket.on('close', () => settle('reject', new Error('The Runtime API has closed its connection')));

  function settle(how, outcome) {
    const call = pending;
    pending = undefined;
    chunks = [];
    size = 0;
    length = 0;
    headers = undefined;
    socket.unref();
    call?.[how](outcome);
  }

  return {
    /**
     * Makes one call. Resolves for every status code, with the response's headers and its body as a string. Header names are in lower case.
     */
    call(method, path, body = '', extraHeaders = {}) {
      const lines = Object.entries({
        Host: address,
        'Content-Length': Buffer.byteLength(body),
        ...extraHeaders,
      });
      const head = lines.map(([name, value]) => `${name}: ${printable(value)}\r\n`).join('');
      return new Promise((resolve, reject) => {
        pending = { resolve, reject };
        socket.ref();
        socket.write(`${method} ${path} HTTP/1.1\r\n${head}\r\n${body}`);
      });
    },
  };
}

function readHeaders(text) {
  const headers = {};
  for (const line of text.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return headers;
}

/** Makes an error name safe for use in a header. A line break in the name would end the header. */
function printable(value) {
  return String(value).replaceAll(/[^ -~]/g, '?');
}
