import type * as z from 'zod/v4/core';
import type { ProblemSlug } from '../../middleware/problem.ts';

/** An operation's documentation for the OpenAPI document, in addition to its route and request schemas. */
export interface OperationDocs {
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** The request body's documentation, if the operation has a body. */
  readonly body?: BodyDocs;
  readonly responses: readonly ResponseDocs[];
  /** The operation's own problems, by status. Problems that every operation can have are added automatically. */
  readonly problems?: Readonly<Record<number, readonly ProblemSlug[]>>;
  /**
   * Whether the operation works without a store.
   *
   * @default false
   */
  readonly storeless?: boolean;
  /** Why a POST, PUT or DELETE operation writes no audit entry. */
  readonly unaudited?: string;
}

export interface BodyDocs {
  /** A named schema; see `named`. */
  readonly schema: z.$ZodType;
  /** Examples, keyed by descriptive names. */
  readonly examples: Readonly<Record<string, unknown>>;
  /** The description of a form's `file` field. */
  readonly file?: string;
}

export interface ResponseDocs {
  readonly status: number;
  readonly description: string;
  /** Headers that every response with this status has. Maps header names to descriptions. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers that only some responses with this status have. Maps header names to descriptions. */
  readonly optionalHeaders?: Readonly<Record<string, string>>;
  /** The response's body. Undefined if the response has none. */
  readonly content?: JsonContent | OtherContent;
}

interface JsonContent {
  /** A named schema; see `named`. */
  readonly schema: z.$ZodType;
  readonly example: unknown;
}

interface OtherContent {
  /** The response's possible content types, such as `text/html`. */
  readonly mediaTypes: readonly string[];
}

/** The problems of operations with a JSON body. */
export const BODY_PROBLEMS = {
  400: ['malformed-body'],
  413: ['payload-too-large'],
  415: ['unsupported-media-type'],
  422: ['invalid-request'],
} as const;
