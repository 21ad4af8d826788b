/** Throws an error with a cause from another function. Stack traces should show this function's name and line. */
export function writeReport(): never {
  try {
    readFigures();
  } catch (cause) {
    throw new Error('the report could not be written', { cause });
  }
}

function readFigures(): never {
  throw new TypeError('the figures are gone');
}
