import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDevProject, DEV_PACKAGES, type DevProject } from '../../helpers/dev-project.ts';

/** An app that synthesizes quickly, because its functions are not bundled. */
const TWO_ERRANDS = `import { App, Stack } from 'aws-cdk-lib';
import { Errand } from 'errand';

const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Shop');
new Errand(stack, 'Jobs', {});
new Errand(stack, 'Reports', {});
`;

describe('errand dev --app exits if no save can help', () => {
  let project: DevProject;

  beforeAll(async () => {
    project = await createDevProject(DEV_PACKAGES);
    await project.write('bin/two.ts', TWO_ERRANDS);
  });
  afterAll(() => project.remove());

  it.each([
    [
      'several Errand constructs and no choice',
      `${process.execPath} -C errand-source bin/two.ts`,
      [
        /The app has 2 Errands. Choose one:$/,
        /^ {2}--construct Shop\/Jobs$/,
        /^ {2}--construct Shop\/Reports$/,
      ],
    ],
    [
      'a program that does not exist',
      'no-such-program bin/app.ts',
      [
        /The app `no-such-program bin\/app.ts` ended with exit code 127:$/,
        /^Name the command that runs your CDK app: --app/,
      ],
    ],
    [
      'a file that does not exist',
      'node bin/missing.ts',
      [/The app `node bin\/missing.ts` ended with exit code 1:$/, /Cannot find module/, /^Name the command/],
    ],
  ])('with %s', async (_what, command, lines) => {
    const dev = project.dev(['--app', command]);
    for (const line of lines) await dev.line(line);
    expect(await dev.exited).toBe(2);
  });
});

describe('errand dev refuses', () => {
  let project: DevProject;

  beforeAll(async () => {
    project = await createDevProject([]);
    await project.write('jobs/index.ts', '');
  });
  afterAll(() => project.remove());

  it.each([
    [['--app'], "--app needs the command that runs your CDK app, such as --app 'node bin/app.ts': "],
    [
      ['--app', 'true', '--jobs', 'jobs/index.ts'],
      'specify either --jobs or --app: the app names its own jobs file',
    ],
    [['--construct', 'Shop/Jobs'], '--construct requires --app'],
    [['--without', 'Shop/Alerts'], '--without requires --app'],
    [['--app', 'true', '--parameter', 'Size'], 'It must be a name and a value, such as Size=small.'],
  ])('%j', async (words, message) => {
    const dev = project.dev(words);
    expect(await dev.exited).toBe(2);
    expect(dev.output()).toContain(message);
  });
});
