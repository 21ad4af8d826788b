/**
 * Whether a string matches a pattern, in which `*` matches any characters and `?` matches one character. The running time is at most proportional to
 * the string's length times the pattern's length.
 */
export function matches(pattern: string, text: string): boolean {
  let [inPattern, inText] = [0, 0];
  /** The position of the latest `*` in the pattern, and the end of its match in the string. */
  let star = -1;
  let matched = 0;
  while (inText < text.length) {
    const wanted = pattern[inPattern];
    if (wanted === '*') {
      [star, matched] = [inPattern, inText];
      inPattern += 1;
    } else if (wanted === '?' || wanted === text[inText]) {
      inPattern += 1;
      inText += 1;
    } else if (star < 0) return false;
    else {
      matched += 1;
      [inPattern, inText] = [star + 1, matched];
    }
  }
  while (pattern[inPattern] === '*') inPattern += 1;
  return inPattern === pattern.length;
}
