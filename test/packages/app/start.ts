import { startEmbeddedCloud } from 'errand-local';

// Runs app.ts's assembly until a signal stops it, and prints the URLs as one line of JSON.

const cloud = await startEmbeddedCloud({
  assemblyDir: 'cdk.out',
  dataDir: 'data',
  httpPort: 0,
  awsPort: 0,
  log: (line) => {
    process.stderr.write(`${line}\n`);
  },
});
const { apiUrl, awsEndpointUrl, outputs } = cloud;
process.stdout.write(`${JSON.stringify({ apiUrl, awsEndpointUrl, outputs })}\n`);

process.once('SIGTERM', () => {
  void cloud.end();
});
