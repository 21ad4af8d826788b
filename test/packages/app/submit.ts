import { createErrand } from 'errand-client';

// Submits a job with the typed client, which finds the API and the key in the environment, and prints the job's result.

const errand = createErrand();
const run = await errand.submit('sleep', { seconds: 0.1 }, { objectId: 'order-2' });
process.stdout.write(JSON.stringify(await run.result()));
