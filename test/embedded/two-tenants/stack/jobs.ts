import { buffer } from 'node:stream/consumers';
import { functionJob, job } from 'errand/jobs';
import * as z from 'zod';

// A user's jobs. Each job accesses a tenant's data in a different way.

/** Reads a file, logs the file's content, and submits a job. */
export const copy = job('copy', {
  payload: z.object({ file: z.string() }),
  retry: { attempts: 1 },
  async run({ file }, { files, submit, signal }) {
    const { stream } = await files.open(file, signal);
    const content = await buffer(stream);
    console.log(content.toString());
    await files.write(content);
    await submit('sleep', { seconds: 0 });
    return { bytes: content.length };
  },
});

/** Submits a child, and asks for an approval. The job's progress note contains the approval link. */
export const ask = job('ask', {
  payload: z.object({ question: z.string(), waits: z.boolean() }),
  async run({ question, waits }, { step, progress }) {
    await step.result(await step.submit('child', 'sleep', { seconds: 0 }));
    progress(0.5, await step.approvalLink('answer', { question }));
    if (!waits) return { approved: null };
    return (await step.waitForSignal('answer')).payload;
  },
});

/** Runs in a user's function. The function returns the tenant from its event. */
export const whose = functionJob('whose', {
  payload: z.object({ tenant: z.string() }),
  result: z.object({ tenant: z.string() }),
  retry: { attempts: 1 },
});
