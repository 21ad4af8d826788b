/** Writes a line of a table: a head and columns that are aligned to the right. */
export function printRow(head: string, cells: readonly string[] = []): void {
  process.stdout.write(`${head.padEnd(22)}${cells.map((cell) => cell.padStart(12)).join('')}\n`);
}

/** A number without decimals, in groups of three digits. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
