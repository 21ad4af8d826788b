/** The longest substring shared by all of a group's messages, without surrounding spaces, for finding the jobs by `message`. */
export function sharedPart(pattern: string): string {
  const parts = pattern.split('…').map((part) => part.trim());
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '').slice(0, 200);
}
