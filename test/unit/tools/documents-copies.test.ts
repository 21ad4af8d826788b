import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from '../../helpers/stack.ts';

it('the documentation’s Python function is the one that the tests run', () => {
  const page = readFileSync(path.join(PROJECT, 'docs/how-to/other-languages.md'), 'utf8');
  const code = readFileSync(path.join(PROJECT, 'test/function-jobs/reports/app.py'), 'utf8');
  expect(page).toContain(`\`\`\`python\n${code}\`\`\``);
});

it('the documentation’s signed requests are those that the tests send', () => {
  const page = readFileSync(path.join(PROJECT, 'docs/client.md'), 'utf8');
  const code = readFileSync(path.join(PROJECT, 'test/embedded/functions/signed-fetch.ts'), 'utf8');
  expect(page).toContain(`\`\`\`ts\n// signed-fetch.ts\n${code}\`\`\``);
});
