/** Returns the longest substring common to all of a group's messages, trimmed, for the `message` filter. */
export function sharedPart(pattern: string): string {
  const parts = pattern.split('…').map((part) => part.trim());
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '').slice(0, 200);
}
