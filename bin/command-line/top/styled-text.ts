import { printable } from '../show.ts';

export type Style = 'title' | 'label' | 'warning' | 'error';

/** A part of a line with one style. */
export interface Segment {
  readonly text: string;
  readonly style?: Style | undefined;
}

export type Line = readonly Segment[];

/** ECMA-48's Select Graphic Rendition codes: bold, faint, yellow, red. */
const SGR: Readonly<Record<Style, string>> = { title: '1', label: '2', warning: '33', error: '31' };

/** Formats a line for the terminal, cut to the given width. Control characters are replaced, because a terminal would execute them. */
export function render(line: Line, columns: number, hasColor: boolean): string {
  let left = columns;
  let text = '';
  for (const segment of line) {
    const visible = charactersOf(printable(segment.text)).slice(0, left);
    left -= visible.length;
    text +=
      segment.style === undefined || !hasColor || visible.length === 0
        ? visible.join('')
        : `\u001b[${SGR[segment.style]}m${visible.join('')}\u001b[0m`;
  }
  return hasColor ? text : text.trimEnd();
}

export interface Column {
  readonly label: string;
  readonly align?: 'right';
  /** Whether the column may be omitted from a table that is too wide. */
  readonly isOptional?: true;
}

const COLUMN_GAP = '  ';

/**
 * Formats a table with a line of labels. Each column is as wide as its widest cell.
 *
 * @param width the terminal's width; if the table is wider, optional columns are omitted
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Segment[])[],
  width: number,
): Line[] {
  const widths = columns.map(({ label }, index) =>
    Math.max(label.length, ...rows.map((row) => lengthOf(row[index]))),
  );
  const needed = widths.reduce((sum, each) => sum + each + COLUMN_GAP.length, -COLUMN_GAP.length);
  const isShown = (index: number): boolean => needed <= width || columns[index]?.isOptional !== true;
  const labels = columns.map(({ label }): Segment => ({ text: label, style: 'label' }));
  return [labels, ...rows].map((cells) =>
    cells.flatMap((cell, index) => {
      if (!isShown(index)) return [];
      const gap = { text: index === 0 ? '' : COLUMN_GAP };
      const padding = { text: ' '.repeat((widths[index] ?? 0) - lengthOf(cell)) };
      return columns[index]?.align === 'right' ? [gap, padding, cell] : [gap, cell, padding];
    }),
  );
}

function lengthOf(cell: Segment | undefined): number {
  return charactersOf(cell?.text ?? '').length;
}

const CHARACTERS = new Intl.Segmenter();

/** Splits a string into user-perceived characters (grapheme clusters). An emoji made of several code points is one character. */
function charactersOf(text: string): string[] {
  return Array.from(CHARACTERS.segment(text), ({ segment }) => segment);
}
