/** Throws from a function whose name and line a stack trace should show, with a cause from another function. */
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
