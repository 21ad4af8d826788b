import type { Schema } from 'errand-client';

/** The fields needed to submit the same job again. */
type Submitted = Pick<Schema<'Job'>, 'type' | 'payload' | 'object_id' | 'tags' | 'metadata'>;

export type CopyFormat = 'curl' | 'typescript' | 'shell';

export interface CopyOptions {
  readonly url: string;
  readonly needsKey: boolean;
}

/** Returns a command or code that submits the job again. */
export function copyAs(format: CopyFormat, job: Submitted, { url, needsKey }: CopyOptions): string {
  switch (format) {
    case 'curl':
      return [
        `curl ${quoted(`${url}/v1/jobs`)}`,
        ...(needsKey ? [`-H "authorization: Bearer $ERRAND_API_KEY"`] : []),
        `-H 'content-type: application/json'`,
        `-d ${quoted(JSON.stringify({ type: job.type, payload: job.payload, ...optionsOf(job) }))}`,
      ].join(' \\\n  ');
    case 'shell':
      return [
        `npx errand submit ${quoted(job.type)} ${quoted(JSON.stringify(job.payload))}`,
        ...(job.object_id === null ? [] : [`--object-id ${quoted(job.object_id)}`]),
        ...job.tags.map((tag) => `--tag ${quoted(tag)}`),
      ].join(' ');
    case 'typescript': {
      const options = {
        ...(job.object_id !== null && { objectId: job.object_id }),
        ...(job.tags.length > 0 && { tags: job.tags }),
        ...(Object.keys(job.metadata).length > 0 && { metadata: job.metadata }),
      };
      const last = Object.keys(options).length > 0 ? `, ${JSON.stringify(options)}` : '';
      return [
        `import { createErrand } from 'errand-client';`,
        '',
        `const errand = createErrand({ url: ${JSON.stringify(url)}${needsKey ? ', apiKey: process.env.ERRAND_API_KEY' : ''} });`,
        `const run = await errand.submit(${JSON.stringify(job.type)}, ${JSON.stringify(job.payload)}${last});`,
        'console.log(await run.result());',
      ].join('\n');
    }
  }
}

function optionsOf({ object_id: objectId, tags, metadata }: Submitted): object {
  return {
    ...(objectId !== null && { object_id: objectId }),
    ...(tags.length > 0 && { tags }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** Quotes one word for a POSIX shell. */
function quoted(text: string): string {
  return /^[A-Za-z0-9_./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
