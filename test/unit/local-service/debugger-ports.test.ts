import { expect, it } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { createDebuggerPorts, requireFreePort } from '../../../bin/local-service/dev/debugger-ports.ts';

it('the default queue gets the first debugger port, each other queue the next one, and each port is reported once', () => {
  const lines: string[] = [];
  const ports = createDebuggerPorts(9229, (line) => lines.push(line));
  expect(['slow', 'default', 'images', 'slow'].map((queue) => ports.portOf(queue))).toEqual([
    9230, 9229, 9231, 9230,
  ]);
  expect(lines).toEqual([
    'Debugger for the slow queue: 127.0.0.1:9230',
    'Debugger for the default queue: 127.0.0.1:9229',
    'Debugger for the images queue: 127.0.0.1:9231',
  ]);
});

it('a queue without a debugger is reported if its port is taken', () => {
  const lines: string[] = [];
  const ports = createDebuggerPorts(9229, (line) => lines.push(line));
  ports.portOf('images');
  expect(ports.readLogLine('Starting inspector on 127.0.0.1:9230 failed: address already in use')).toBe(true);
  expect(lines.at(-1)).toBe(
    "The debugger port 9230 of the images queue can't be used (address already in use): the queue's jobs run without a debugger. " +
      'Stop the process that listens on the port, or choose another first port with --inspect=PORT, and start errand dev again.',
  );
  expect(ports.readLogLine('Starting work')).toBe(false);
});

it('a port on which another process listens is refused, and the error names the option', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await expect(requireFreePort(port)).rejects.toThrow(
    `The debugger port ${port} can't be used (EADDRINUSE): choose another one with --inspect=PORT.`,
  );
  other.close();
  await once(other, 'close');
  await expect(requireFreePort(port)).resolves.toBeUndefined();
});
