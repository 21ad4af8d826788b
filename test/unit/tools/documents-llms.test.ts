import { expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from '../../helpers/stack.ts';

// Checks docs/llms.txt against the format of https://llmstxt.org.

const DOCS = path.join(PROJECT, 'docs');
const LLMS = readFileSync(path.join(DOCS, 'llms.txt'), 'utf8');

/** Returns the files that a page links to, as paths relative to `docs`. Web links are excluded. */
function linksOf(text: string): string[] {
  return Array.from(text.matchAll(/\]\(([^)#]+)[^)]*\)/g), ([, target = '']) => target).filter(
    (target) => !URL.canParse(target),
  );
}

it('llms.txt has a title, a summary, and lists of links with a note each', () => {
  const [title, , summary, ...rest] = LLMS.trimEnd().split('\n');
  expect(title).toMatch(/^# \S/);
  expect(summary).toMatch(/^> \S/);
  const sections = rest
    .join('\n')
    .split(/^## .+$/m)
    .slice(1);
  expect(sections.length).toBeGreaterThan(2);
  const lines = sections.flatMap((section) => section.split('\n')).filter((line) => line !== '');
  for (const line of lines) expect(line).toMatch(/^- \[[^\]]+\]\([^)]+\): \S/);
});

it('llms.txt links only to files that exist, and only once to each', () => {
  const links = linksOf(LLMS);
  expect(links.length).toBeGreaterThan(40);
  expect(links.filter((link) => !existsSync(path.join(DOCS, link)))).toEqual([]);
  expect(links.filter((link, index) => links.indexOf(link) !== index)).toEqual([]);
});

it('llms.txt has every page that the index of the documentation links to', () => {
  const pages = linksOf(readFileSync(path.join(DOCS, 'README.md'), 'utf8'));
  expect(pages.length).toBeGreaterThan(40);
  const links = new Set(linksOf(LLMS));
  expect(pages.filter((page) => !links.has(page))).toEqual([]);
});
