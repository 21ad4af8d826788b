/** NUL, which Postgres does not store, and its like, which JSON writes as six bytes each; tab and line ends are kept. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g;

/**
 * Text of any origin as a row can keep it and a list can show it: cut to so many characters, none of which takes more than
 * three bytes of JSON, so that 200 jobs with their messages fit into an answer of the Data API.
 */
export function storableText(text: string, maxCharacters: number): string {
  return text.slice(0, maxCharacters).toWellFormed().replaceAll(CONTROL_CHARACTER, '�');
}
