import type { ArrayValue, Field } from './request-shapes.ts';

/**
 * Formats the result as one JSON string: an array of objects with the column labels as keys. If two columns share a label, the last one
 * wins. Numbers, booleans, nulls and arrays keep their JSON type; blobs become base64 strings; everything else becomes a string.
 */
export function formatRecords(labels: readonly string[], records: readonly (readonly Field[])[]): string {
  return JSON.stringify(
    records.map((record) =>
      Object.fromEntries(labels.map((label, at) => [label, jsonValue(record[at] ?? {})])),
    ),
  );
}

function jsonValue(field: Field): unknown {
  if (field.arrayValue) return firstMember(field.arrayValue);
  return field.isNull ? null : firstMember(field);
}

function firstMember(union: Field | ArrayValue): unknown {
  return Object.values(union)[0];
}
