/** The values of consecutive periods, the newest last; undefined where a period has no data. */
export type Series = readonly (number | undefined)[];
