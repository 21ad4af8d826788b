import type * as z from 'zod';
import type { Scope } from '../../../access/scopes.ts';
import type { ProblemSlug } from '../../middleware/problem.ts';

/** One operation as the document describes it. A new route is an entry in one of the lists of `operations/`. */
export interface Operation {
  /** The client's name for it, unique. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** What its caller must be allowed to do; null where it answers callers who prove nothing. */
  readonly scope: Scope | null;
  /**
   * Whether it asks no store, and so has none that could be away.
   *
   * @default false
   */
  readonly storeless?: boolean;
  /** The schema that the route checks its path with; one entry per `{name}`. */
  readonly parameters?: z.core.$ZodObject;
  /** The schema that the route checks its query with. */
  readonly query?: z.core.$ZodObject;
  readonly body?: RequestBody;
  readonly answers: readonly Answer[];
  /** The problems of this operation by status; those that every operation can have are added. */
  readonly problems?: Readonly<Record<number, readonly ProblemSlug[]>>;
}

export interface RequestBody {
  /** Has a name, see `named`. */
  readonly schema: z.core.$ZodType;
  /** By what they show. */
  readonly examples: Readonly<Record<string, unknown>>;
  /**
   * Whether the request may have no body at all.
   *
   * @default false
   */
  readonly optional?: boolean;
  /**
   * What the field `file` is of a multipart form with otherwise the same fields.
   *
   * @default - JSON alone is taken
   */
  readonly file?: string;
}

export interface Answer {
  readonly status: number;
  readonly description: string;
  /** By name, with what they say. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Undefined for an answer without a body. */
  readonly content?: JsonContent | OtherContent;
}

interface JsonContent {
  /** Has a name, see `named`. */
  readonly schema: z.core.$ZodType;
  readonly example: unknown;
}

interface OtherContent {
  /** Such as `text/html`. */
  readonly mediaType: string;
}

/** The problems of an operation that takes a JSON body. */
export const BODY_PROBLEMS = {
  400: ['malformed-body'],
  413: ['payload-too-large'],
  415: ['unsupported-media-type'],
  422: ['invalid-request'],
} as const;
