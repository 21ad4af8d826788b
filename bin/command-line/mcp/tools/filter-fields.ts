import * as z from 'zod';
import { readDuration } from '../../arguments.ts';
import type { FilterOptions } from '../../job-filter-options.ts';

/** Input fields for filtering jobs, shared by several tools. */
export const filterFields = {
  type: z.string().optional().describe('Only jobs of this type'),
  queue: z.string().optional().describe('Only jobs of this queue'),
  tag: z.string().optional().describe('Only jobs with this tag'),
  message: z.string().optional().describe('Only jobs whose last error contains this text, ignoring case'),
  since: z
    .string()
    .regex(/^\d{1,6}[smhd]$/, 'must be a number with a unit: 90s, 30m, 24h or 7d')
    .optional()
    .describe('Only jobs created within this time before now, such as 30m, 24h or 7d'),
};

interface Filter {
  readonly type?: string | undefined;
  readonly queue?: string | undefined;
  readonly tag?: string | undefined;
  readonly message?: string | undefined;
  readonly since?: string | undefined;
}

/** Converts the fields to the equivalent command-line options. */
export function toFilterOptions({ since, ...filter }: Filter): FilterOptions {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), ...(since !== undefined && { since: readDuration(since) }) };
}
