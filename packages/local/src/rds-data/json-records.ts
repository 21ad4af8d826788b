import type { ArrayValue, Field } from './request-shapes.ts';

/**
 * The result as one JSON text: an array of objects with the columns' labels as keys. Of two columns with one label the
 * last remains. Values keep their JSON kind; blobs are base64; everything else is a string.
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
