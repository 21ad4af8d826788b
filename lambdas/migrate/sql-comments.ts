/**
 * A string, a quoted identifier or a comment, whichever comes first. Text between dollar quotes doesn't count as a string
 * here, because it is code. The Data API doesn't support dollar quotes either.
 */
const STRING_OR_COMMENT = /[eE]'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\//g;

/**
 * Removes the comments from a statement. The Data API itself looks for `:name` parameters, and AWS does not document how it
 * treats an apostrophe or a colon in a comment.
 */
export function withoutComments(sql: string): string {
  return sql.replaceAll(STRING_OR_COMMENT, (text) => {
    const isComment = text.startsWith('--') || text.startsWith('/*');
    // Keep a space, because a comment separates the words around it.
    return isComment ? ' ' : text;
  });
}
