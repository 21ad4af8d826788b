import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDevProject, type DevProject } from '../../helpers/dev-project.ts';

describe('errand dev refuses', () => {
  let project: DevProject;

  beforeAll(async () => {
    project = await createDevProject([]);
    await project.write('jobs/index.ts', '');
  });
  afterAll(() => project.remove());

  it.each([
    [
      ['--app'],
      '--app needs the command that runs your CDK app, such as --app \'node bin/app.ts\': there is no "app" in a cdk.json in',
    ],
    [
      ['--app', 'true', '--jobs', 'jobs/index.ts'],
      '--jobs and --app exclude each other: the app names its jobs file itself',
    ],
    [['--construct', 'Shop/Jobs'], '--construct is for --app only: give --app too'],
    [['--without', 'Shop/Alerts'], '--without is for --app only: give --app too'],
    [['--app', 'true', '--parameter', 'Size'], 'It must be a name and a value, such as Size=small.'],
  ])('%j', async (words, message) => {
    const dev = project.dev(words);
    expect(await dev.exited).toBe(2);
    expect(dev.output()).toContain(message);
  });
});
