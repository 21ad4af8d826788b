/**
 * A string, a quoted identifier or a comment, whichever comes first. Dollar quotes don't count as strings here: the text
 * between them is code, and the Data API doesn't support them either.
 */
const STRING_OR_COMMENT = /[eE]'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\//g;

/**
 * Removes the comments from a statement. The Data API looks for `:name` parameters itself, and AWS does not document how it
 * reads an apostrophe or a colon in a comment.
 */
export function withoutComments(sql: string): string {
  return sql.replaceAll(STRING_OR_COMMENT, (text) => {
    const isComment = text.startsWith('--') || text.startsWith('/*');
    // Keep a space, because a comment separates words.
    return isComment ? ' ' : text;
  });
}
