// Postgres assumes that a JSON array has a hundred elements. For a hundred elements, it scans a whole table of about ten
// thousand rows. A LIMIT with the array's length does not change the result, but tells Postgres the real number of elements,
// so that it looks up each row by its key.

/** The LIMIT for a query over the elements of a JSON array that is passed as a text parameter. */
export function lengthOf(parameter: string): string {
  return `json_array_length(:${parameter}::json)`;
}

/** The UUIDs in a JSON parameter (text: an array of UUIDs), as the table `wanted` with the column `id`. */
export function wantedIds(parameter: string): string {
  return `(
    SELECT value::uuid AS id FROM json_array_elements_text(:${parameter}::json) LIMIT ${lengthOf(parameter)}
  ) AS wanted`;
}
