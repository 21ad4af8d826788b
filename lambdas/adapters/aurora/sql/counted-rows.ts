// Postgres assumes that a JSON array has a hundred elements. For a hundred elements, it scans a whole table of about ten
// thousand rows. A LIMIT with the array's length does not change the result, but tells Postgres the real number of elements,
// so that it looks up each row by its key.

/** Returns the LIMIT for a query over a JSON array that is passed as a text parameter. */
export function lengthOf(parameter: string): string {
  return `json_array_length(:${parameter}::json)`;
}

/** Returns SQL that reads a parameter (text: a JSON array of UUIDs) as a table `wanted` with the column `id`. */
export function wantedIds(parameter: string): string {
  return `(
    SELECT value::uuid AS id FROM json_array_elements_text(:${parameter}::json) LIMIT ${lengthOf(parameter)}
  ) AS wanted`;
}
