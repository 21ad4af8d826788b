/**
 * Parses Postgres's text format for one-dimensional arrays: `{1,NULL,"a \"b\""}`.
 *
 * @returns the elements as strings, `null` for NULL; `undefined` for a multidimensional array
 */
export function parseArrayText(text: string): (string | null)[] | undefined {
  // An array with a lower bound other than 1 begins with its bounds: `[0:1]={a,b}`.
  const body = text.slice(text.indexOf('{') + 1, -1);
  const elements: (string | null)[] = [];
  for (const [, quoted, plain, brace] of body.matchAll(/"((?:[^"\\]|\\.)*)"|([^,{}"]+)|([{}])/gs)) {
    if (brace !== undefined) return undefined;
    if (quoted !== undefined) elements.push(quoted.replace(/\\(.)/gs, '$1'));
    else elements.push(plain === undefined || plain === 'NULL' ? null : plain);
  }
  return elements;
}
