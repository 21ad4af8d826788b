import { startEmbeddedCloud } from 'errand-local';
import type { Readiness, Reply, Request, StartOptions } from './protocol.ts';

// The embedded cloud's process in a chaos run. The only argument is a StartOptions object as JSON. The process writes the cloud's log to stdout,
// reports the URLs once the cloud is ready, and then handles its parent's requests. When the parent ends, the process ends too.

const { assemblyDir, dataDir, httpPort, awsPort, functionVariables, postgresVariables } = JSON.parse(
  process.argv[2] ?? '',
) as StartOptions;

let freeBytes: number | undefined;
const send = (message: Readiness | Reply): void => {
  process.send?.(message);
};

// Ignores SIGINT, because the parent ends this process.
process.on('SIGINT', () => undefined);

const cloud = await startEmbeddedCloud({
  assemblyDir,
  dataDir,
  httpPort,
  awsPort,
  faults: true,
  // By default, the disk never counts as full, because every run would otherwise fail on a laptop with a full disk.
  freeBytes: () => freeBytes ?? Number.MAX_SAFE_INTEGER,
  adjustFunction: (configuration) => ({
    ...configuration,
    environment: { ...configuration.environment, ...functionVariables },
  }),
  postgresVariables,
  log: (line) => process.stdout.write(`${line}\n`),
});

async function obey(request: Request): Promise<void> {
  switch (request.action) {
    case 'deploy':
      await cloud.deploy(request.assemblyDir);
      break;
    case 'set-free-bytes':
      freeBytes = request.bytes;
      break;
    case 'end':
      await cloud.end();
      break;
  }
}

process.on('message', (request: Request) => {
  obey(request).then(
    () => {
      send({ id: request.id });
      if (request.action === 'end') process.disconnect();
    },
    (error: unknown) => {
      send({ id: request.id, error: (error as Error).message });
    },
  );
});
process.on('disconnect', () => {
  void cloud.end().finally(() => process.exit());
});

send({ apiUrl: cloud.apiUrl, awsEndpointUrl: cloud.awsEndpointUrl, outputs: cloud.outputs });
