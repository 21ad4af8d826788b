/** The values of consecutive periods, newest last; undefined for periods without data. */
export type Series = readonly (number | undefined)[];
