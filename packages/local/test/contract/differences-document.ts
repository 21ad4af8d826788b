import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { PROJECT } from '../../../../test/helpers/stack.ts';
import { caseOf, type Difference } from './contract.ts';
import { differences } from './differences.ts';
import { suites } from './suites/suites.ts';

export const DOCUMENT = path.join(PROJECT, 'docs/contract-differences.md');

const TITLES = {
  errand: 'The embedded cloud',
  ministack: 'MiniStack 1.5.33',
  moto: 'moto 5.2.5',
  localstack: 'LocalStack 4.14.0',
};

/** Renders the known differences as a formatted Markdown page. */
export async function differencesDocument(): Promise<string> {
  const sections = Object.entries(TITLES).map(([target, title]) => {
    const rows = differences.filter((difference) => difference.target === target).map(rowOf);
    return `## ${title}\n\n| | case | what it does | what AWS documents |\n| --- | --- | --- | --- |\n${rows.join('\n')}`;
  });
  const text = `# Differences from AWS

Written from \`packages/local/test/contract/differences.ts\` by \`npm run documents:contract\`; see [testing](testing.md#contracts).

${sections.join('\n\n')}
`;
  return format(text, { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT });
}

function rowOf(difference: Difference): string {
  const page = difference.page ?? caseOf(difference, suites)?.page ?? 'none';
  const documented =
    page === 'none'
      ? `${difference.aws} (No page of its documentation says so.)`
      : `[${difference.aws}](${page})`;
  return `| ${difference.protocol} | ${difference.case} | ${difference.says} | ${documented} |`;
}
