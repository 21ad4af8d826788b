type Variables = Readonly<Record<string, string>>;

/** Replaces the embedded cloud's URLs with names, and vice versa. */
export interface EndpointNames {
  toNames(variables: Variables): Record<string, string>;
  toEndpoints(variables: Variables): Record<string, string>;
}

/**
 * Creates the converter, which writes names as `{{errand:endpoint:<name>}}`. Functions' environment variables do not otherwise contain this format.
 *
 * @param endpoints URLs without a path, such as `http://127.0.0.1:4566`, keyed by name
 */
export function createEndpointNames(endpoints: Readonly<Record<string, string>>): EndpointNames {
  const pairs = Object.entries(endpoints).map(([name, url]) => ({
    written: `{{errand:endpoint:${name}}}`,
    url,
    // Prevents a match with a longer port number that begins with the same digits.
    pattern: new RegExp(`${url.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)}(?!\\d)`, 'g'),
  }));
  const mapped = (variables: Variables, change: (value: string) => string): Record<string, string> =>
    Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, change(value)]));
  return {
    toNames: (variables) =>
      mapped(variables, (value) =>
        pairs.reduce((text, { pattern, written }) => text.replaceAll(pattern, () => written), value),
      ),
    toEndpoints: (variables) =>
      mapped(variables, (value) =>
        pairs.reduce((text, { url, written }) => text.replaceAll(written, () => url), value),
      ),
  };
}
