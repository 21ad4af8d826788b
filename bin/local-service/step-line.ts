/** The width of step names, in characters. */
const STEP_WIDTH = 24;

/** Formats a line about one startup step, such as ` resources 1.2 s`. */
export function stepLine(step: string, milliseconds: number): string {
  return `  ${step.padEnd(STEP_WIDTH)}${duration(milliseconds).padStart(7)}`;
}

/** Formats a duration, such as `1.2 s`. */
export function duration(milliseconds: number, digits = 1): string {
  return `${(milliseconds / 1000).toFixed(digits)} s`;
}
