import { JsonError } from '../aws-endpoint/json-protocol.ts';

/** A quoted phrase, or a word without quotes. */
const TERM = /"(?<phrase>(?:[^"\\]|\\.)*)"|(?<word>\S+)/g;

/**
 * Compiles a filter pattern into a function that returns whether a message contains all of the pattern's terms. CloudWatch Logs'
 * other kinds of patterns are refused. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 *
 * @throws JsonError InvalidParameterException for a pattern with optional terms (`?`), excluded terms (`-`), JSON selectors or
 *   regular expressions
 */
export function compilePattern(pattern: string): (message: string) => boolean {
  const terms = [...pattern.matchAll(TERM)].map(({ groups = {} }) => {
    const { phrase, word = '' } = groups;
    if (phrase === undefined && (/^[?%{[-]/.test(word) || /["\\]/.test(word))) throw unsupported(pattern);
    return phrase?.replace(/\\(.)/g, '$1') ?? word;
  });
  return (message) => terms.every((term) => message.includes(term));
}

function unsupported(pattern: string): JsonError {
  return new JsonError(
    'InvalidParameterException',
    `The embedded CloudWatch Logs has only patterns of words and quoted phrases, all of which must occur, not ${pattern}`,
  );
}
