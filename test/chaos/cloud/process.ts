import { startEmbeddedCloud } from 'errand-local';
import type { Readiness, Reply, Request, StartOptions } from './protocol.ts';

// The process of the embedded cloud of a chaos run. Its only argument is StartOptions as JSON. It writes the cloud's log to stdout,
// reports its addresses once it is ready, and then does what its parent asks for. Without its parent, it ends.

const { assemblyDir, dataDir, httpPort, awsPort } = JSON.parse(process.argv[2] ?? '') as StartOptions;

let freeBytes: number | undefined;
const send = (message: Readiness | Reply): void => {
  process.send?.(message);
};

// The parent ends this process itself, because Ctrl-C reaches both.
process.on('SIGINT', () => undefined);

const cloud = await startEmbeddedCloud({
  assemblyDir,
  dataDir,
  httpPort,
  awsPort,
  faults: true,
  // A laptop whose disk is really full would make every run fail.
  freeBytes: () => freeBytes ?? Number.MAX_SAFE_INTEGER,
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
