// Postgres expects a JSON array to have a hundred rows, whatever its length, and for a hundred rows it scans a table of about ten
// thousand rows. The limit changes no result: it tells Postgres how many rows there are, so that it looks each one up by its key.

/** The limit of a query over the elements of a JSON parameter (text: an array). */
export function lengthOf(parameter: string): string {
  return `json_array_length(:${parameter}::json)`;
}

/** The UUIDs of a JSON parameter (text: an array of them) as the table `wanted`, with the column `id`. */
export function wantedIds(parameter: string): string {
  return `(
    SELECT value::uuid AS id FROM json_array_elements_text(:${parameter}::json) LIMIT ${lengthOf(parameter)}
  ) AS wanted`;
}
