/** Prints one line of a table: a heading, and then right-aligned columns. */
export function printRow(head: string, cells: readonly string[] = []): void {
  process.stdout.write(`${head.padEnd(22)}${cells.map((cell) => cell.padStart(12)).join('')}\n`);
}

/** Formats a number without decimals and with thousands separators. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
