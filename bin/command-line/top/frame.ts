import { clockText } from './number-texts.ts';
import { failureSection, queueSection, runningSection, type Section } from './sections.ts';
import type { Snapshot } from './snapshot.ts';
import { render, type Line } from './styled-text.ts';

/** The content of a frame. */
export interface View {
  readonly url: string;
  /** The last state read from the API; undefined before the first response. */
  readonly snapshot: Snapshot | undefined;
  /** The failure of the last read from the API; undefined if the read succeeded. */
  readonly problem: { readonly message: string; readonly since: Date; readonly nextTry: Date } | undefined;
}

export interface FrameOptions {
  readonly columns: number;
  readonly rows: number;
  readonly hasColor: boolean;
  /** Whether more frames follow. If so, the frame says how to quit. */
  readonly isLive: boolean;
}

/** The number of lines in a section other than its rows: a blank line, the title and the labels. */
const SECTION_LINES = 3;

/** Renders one frame, with at most `rows` lines of at most `columns` characters. */
export function frame(view: View, { columns, rows, hasColor, isLive }: FrameOptions): string[] {
  const lines = [headline(view, isLive), ...problemLines(view)];
  const { snapshot } = view;
  if (snapshot === undefined) {
    if (view.problem === undefined) lines.push([{ text: 'Reading the queues …' }]);
  } else {
    const sections = [queueSection, runningSection, failureSection].map((section) =>
      section(snapshot, columns),
    );
    const room = rows - lines.length - sections.length * SECTION_LINES;
    const shares = shareOut(
      Math.max(room, sections.length),
      sections.map((section) => section.rows.length),
    );
    for (const [index, section] of sections.entries())
      lines.push(...sectionLines(section, shares[index] ?? 0));
  }
  return lines.slice(0, rows).map((line) => render(line, columns, hasColor));
}

function headline({ url, snapshot }: View, isLive: boolean): Line {
  return [
    { text: 'errand top', style: 'title' },
    { text: `  ${url}` },
    { text: snapshot === undefined ? '' : `  ${clockText(snapshot.time)}` },
    { text: isLive ? '  q quits' : '', style: 'label' },
  ];
}

function problemLines({ problem, snapshot }: View): Line[] {
  if (problem === undefined) return [];
  const { message, since, nextTry } = problem;
  const what = snapshot === undefined ? 'No data' : `No new data since ${clockText(since)}`;
  return [[{ text: `${what}; next try at ${clockText(nextTry)}: ${message}`, style: 'error' }]];
}

function sectionLines({ title, labels, rows, more }: Section, share: number): Line[] {
  const isCut = rows.length > share;
  const shown = isCut ? rows.slice(0, Math.max(0, share - 1)) : rows;
  const rest: Line[] = isCut
    ? [[{ text: `… ${rows.length - shown.length} more: ${more}`, style: 'label' }]]
    : [];
  return [[], title, ...(labels ? [labels] : []), ...shown, ...rest];
}

/**
 * Divides rows among the sections. A section with fewer rows than an equal share gets space for all its rows. The other sections share the remaining
 * space equally.
 */
export function shareOut(available: number, wanted: readonly number[]): number[] {
  const shares = wanted.map(() => 0);
  let left = available;
  let open = [...wanted.keys()];
  while (open.length > 0) {
    const share = Math.floor(left / open.length);
    const content = open.filter((index) => (wanted[index] ?? 0) <= share);
    // If every section wants more rows than an equal share, each gets an equal share, and each of the first sections gets one of the leftover rows.
    const served = content.length > 0 ? content : open;
    for (const [place, index] of served.entries()) {
      const remainder = content.length === 0 && place < left - share * open.length ? 1 : 0;
      shares[index] = content.length > 0 ? (wanted[index] ?? 0) : share + remainder;
    }
    left -= content.reduce((sum, index) => sum + (wanted[index] ?? 0), 0);
    open = content.length > 0 ? open.filter((index) => !content.includes(index)) : [];
  }
  return shares;
}
