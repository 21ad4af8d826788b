import type * as z from 'zod/v4/core';
import type { ProblemSlug } from '../../middleware/problem.ts';

/** The documentation of an operation in the OpenAPI document, besides its route and request schemas. */
export interface OperationDocs {
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** For an operation whose request has a body. */
  readonly body?: BodyDocs;
  readonly responses: readonly ResponseDocs[];
  /** The problems of this operation by status. The document adds the problems that every operation can have. */
  readonly problems?: Readonly<Record<number, readonly ProblemSlug[]>>;
  /**
   * Whether the operation works without any store.
   *
   * @default false
   */
  readonly storeless?: boolean;
  /** Why an operation other than a GET has no audit entry. */
  readonly unaudited?: string;
}

export interface BodyDocs {
  /** A named schema, see `named`. */
  readonly schema: z.$ZodType;
  /** Keyed by what they show. */
  readonly examples: Readonly<Record<string, unknown>>;
  /** The description of a form's field `file`. */
  readonly file?: string;
}

export interface ResponseDocs {
  readonly status: number;
  readonly description: string;
  /** The headers that every such response has: descriptions by name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The headers that only some of these responses have. */
  readonly optionalHeaders?: Readonly<Record<string, string>>;
  /** Undefined for a response without a body. */
  readonly content?: JsonContent | OtherContent;
}

interface JsonContent {
  /** A named schema, see `named`. */
  readonly schema: z.$ZodType;
  readonly example: unknown;
}

interface OtherContent {
  /** The content types that the response may have, such as `text/html`. */
  readonly mediaTypes: readonly string[];
}

/** The problems of operations with a JSON body. */
export const BODY_PROBLEMS = {
  400: ['malformed-body'],
  413: ['payload-too-large'],
  415: ['unsupported-media-type'],
  422: ['invalid-request'],
} as const;
