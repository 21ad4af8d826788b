/** The values of consecutive periods, newest last; undefined for a period without data. */
export type Series = readonly (number | undefined)[];
