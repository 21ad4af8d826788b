/**
 * Matches a string, a quoted identifier or a comment, whichever comes first. Text between dollar quotes is not treated as a
 * string, because it is code. (The Data API doesn't recognize dollar quotes either.)
 */
const STRING_OR_COMMENT = /[eE]'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\//g;

/**
 * Removes the comments from a statement. The Data API itself looks for `:name` parameters, and AWS does not document how the
 * Data API treats an apostrophe or a colon in a comment.
 */
export function withoutComments(sql: string): string {
  return sql.replaceAll(STRING_OR_COMMENT, (text) => {
    const isComment = text.startsWith('--') || text.startsWith('/*');
    // Replace a comment with a space, because a comment separates the words around it.
    return isComment ? ' ' : text;
  });
}
