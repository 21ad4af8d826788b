import { expect, it } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { createDebuggerPorts, requireFreePort } from '../../../bin/local-service/dev/debugger-ports.ts';

it('gives the queue default the first port, each other queue the next one, and reports each once', () => {
  const lines: string[] = [];
  const ports = createDebuggerPorts(9229, (line) => lines.push(line));
  expect(['slow', 'default', 'images', 'slow'].map((queue) => ports.portOf(queue))).toEqual([
    9230, 9229, 9231, 9230,
  ]);
  expect(lines).toEqual([
    'Debugger of the queue slow: 127.0.0.1:9230',
    'Debugger of the queue default: 127.0.0.1:9229',
    'Debugger of the queue images: 127.0.0.1:9231',
  ]);
});

it('reports the queue without a debugger if its port is taken', () => {
  const lines: string[] = [];
  const ports = createDebuggerPorts(9229, (line) => lines.push(line));
  ports.portOf('images');
  expect(ports.readLogLine('Starting inspector on 127.0.0.1:9230 failed: address already in use')).toBe(true);
  expect(lines.at(-1)).toBe(
    "The debugger's port 9230 of the queue images can't be used (address already in use): the queue's jobs run without a debugger. " +
      'End the process that listens on the port, or give another first port with --inspect=PORT, and start errand dev again.',
  );
  expect(ports.readLogLine('Starting work')).toBe(false);
});

it('refuses a port on which another process listens, and names the option', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await expect(requireFreePort(port)).rejects.toThrow(
    `The debugger's port ${port} can't be used (EADDRINUSE): give another one with --inspect=PORT.`,
  );
  other.close();
  await once(other, 'close');
  await expect(requireFreePort(port)).resolves.toBeUndefined();
});
