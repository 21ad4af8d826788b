import type { Fetch, SubmittedView } from '../helpers/api-client.ts';
import type { DeploymentTarget } from '../helpers/target.ts';

/** Functions with which tests access an existing deployment. */
export interface Deployment {
  readonly fetch: Fetch;
  /** Cancels every submitted job that has not ended. */
  readonly tidy: () => Promise<void>;
}

/** The number of concurrent cancellations. */
const AT_ONCE = 10;

/** Opens a deployment for tests. The returned `fetch` sends the API key with every request, and records the submitted jobs. */
export function openDeployment({ url, apiKey }: DeploymentTarget): Deployment {
  const submitted = new Set<string>();
  const send: Fetch = (request) => {
    if (apiKey !== undefined) request.headers.set('authorization', `Bearer ${apiKey}`);
    return fetch(request);
  };
  return {
    async fetch(request) {
      const response = await send(request);
      const isSubmission =
        request.method === 'POST' && /\/v1\/jobs(\/batch)?$/.test(new URL(request.url).pathname);
      if (isSubmission && response.ok) {
        for (const jobId of idsOf(await response.clone().json())) submitted.add(jobId);
      }
      return response;
    },
    async tidy() {
      const jobIds = [...submitted];
      while (jobIds.length > 0) {
        const answers = await Promise.all(
          jobIds
            .splice(0, AT_ONCE)
            .map((jobId) => send(new Request(`${url}/v1/jobs/${jobId}/cancel`, { method: 'POST' }))),
        );
        // A 409 means that the job has ended.
        const failed = answers.find(({ ok, status }) => !ok && status !== 409);
        if (failed) throw new Error(`${failed.url} returned ${failed.status}: ${await failed.text()}`);
      }
    },
  };
}

/** Returns the ids of the jobs in the response to a submission or a batch. */
function idsOf(answer: unknown): string[] {
  const { items, ...single } = answer as Partial<SubmittedView> & { items?: { job?: SubmittedView }[] };
  const jobs = items ? items.map(({ job }) => job) : [single];
  return jobs.flatMap((job) => job?.job_id ?? []);
}
