import path from 'node:path';
import { PROBLEM_TITLES, PROBLEM_TYPE_PREFIX, type ProblemSlug } from '../../middleware/problem.ts';
import { componentPath, referenceTo } from './components.ts';
import { jobExample } from './views/job.ts';
import { PROBLEMS } from './problems.ts';
import { problem } from './views/problem.ts';

type Schema = Record<string, unknown>;

/** The problems of every operation that uses a store. */
const EVERYWHERE: Readonly<Record<number, readonly ProblemSlug[]>> = {
  500: ['internal'],
  503: ['resuming', 'unavailable', 'timeout'],
};

const HEADERS: Readonly<Record<string, string>> = {
  'Retry-After': 'Retry after this many seconds.',
  Allow: 'The methods that the path supports.',
  Accept: 'The supported content type.',
  'WWW-Authenticate': 'How to authenticate.',
};

/** Example values for fields that only some problems have. */
const FIELD_EXAMPLES = {
  errors: [{ field: 'payload.seconds', message: 'Too big: expected number to be <=9000' }],
  job_id: jobExample.job_id,
  job_status: 'success',
  window_ends_at: '2030-01-31T12:05:00.000Z',
} as const;

const slugs = Object.keys(PROBLEM_TITLES) as ProblemSlug[];

/**
 * Creates a schema for each kind of problem, such as `JobNotFoundProblem`. Each schema repeats all fields of `Problem`
 * instead of using `allOf`, because some client generators fail if the two schemas in an `allOf` declare a field
 * differently: as a string and as a constant.
 *
 * @param schemas the OpenAPI document's schemas, including `Problem`
 */
export function problemSchemas(schemas: Readonly<Record<string, Schema>>): Record<string, Schema> {
  const { properties, required, ...rest } = schemas[path.basename(referenceTo(problem).$ref)] ?? {};
  const fieldsOfAll = properties as Record<string, Schema>;
  return Object.fromEntries(
    slugs.map((slug) => {
      const { statuses, fields = [], description } = PROBLEMS[slug];
      const [status, ...others] = statuses;
      return [
        schemaName(slug),
        {
          ...rest,
          description,
          properties: {
            ...fieldsOfAll,
            type: { ...fieldsOfAll.type, const: PROBLEM_TYPE_PREFIX + slug },
            status: { type: 'integer', ...(others.length > 0 ? { enum: statuses } : { const: status }) },
          },
          required: [...new Set([...(required as string[]), ...fields])],
        },
      ];
    }),
  );
}

/**
 * Creates an operation's problem responses, by status. Every operation can also respond with 500. An operation that uses
 * stores can also respond with any problem that a store can cause.
 */
export function problemResponses(
  problems: Readonly<Record<number, readonly ProblemSlug[]>>,
  storeless: boolean,
): Record<string, Schema> {
  const byStatus = storeless ? { 500: ['internal'] as const, ...problems } : { ...EVERYWHERE, ...problems };
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, kinds]) => [status, problemResponse(Number(status), kinds)]),
  );
}

function problemResponse(status: number, kinds: readonly ProblemSlug[]): Schema {
  const headers = [...new Set(kinds.flatMap((slug) => PROBLEMS[slug].headers ?? []))];
  const references = kinds.map((slug) => ({ $ref: componentPath(schemaName(slug)) }));
  return {
    description: kinds.map((slug) => PROBLEMS[slug].description).join(' '),
    ...(headers.length > 0 && {
      headers: Object.fromEntries(
        headers.map((name) => [name, { description: HEADERS[name], schema: { type: 'string' } }]),
      ),
    }),
    content: {
      'application/problem+json': {
        schema: references.length > 1 ? { oneOf: references } : references[0],
        examples: Object.fromEntries(kinds.map((slug) => [slug, { value: exampleOf(slug, status) }])),
      },
    },
  };
}

function exampleOf(slug: ProblemSlug, status: number): Schema {
  const { fields = [], description } = PROBLEMS[slug];
  return {
    type: PROBLEM_TYPE_PREFIX + slug,
    title: PROBLEM_TITLES[slug],
    status,
    detail: description,
    ...Object.fromEntries(fields.map((field) => [field, FIELD_EXAMPLES[field]])),
  };
}

/** `job-not-found` → `JobNotFoundProblem` */
function schemaName(slug: ProblemSlug): string {
  const words = slug.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Problem`;
}
