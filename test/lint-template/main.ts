import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { COMBINATIONS } from '../infrastructure/combinations.ts';
import { templateOf } from '../infrastructure/errand-template.ts';
import { runVisibly } from '../helpers/commands.ts';
import { installFromPyPi } from '../python/install.ts';

// Runs `npm run lint:template`. cfn-lint checks the templates of all combinations of settings against CloudFormation's schemas and its own rules. The
// exit code is 1 for any finding, and 2 if the check could not run.

const FOLDER = import.meta.dirname;

/** The region for which cfn-lint checks the templates. This region supports all resource types that Errand needs. */
const REGION = 'eu-central-1';

try {
  const python = await installFromPyPi('cfn-lint', path.join(FOLDER, 'requirements.txt'));
  const dir = await mkdtemp(path.join(os.tmpdir(), 'errand-lint-'));
  // Each `new App()` leaves an assembly in the temporary folder, so this run has its own.
  process.env.TMPDIR = dir;
  try {
    for (const [name, props] of Object.entries(COMBINATIONS)) {
      const file = path.join(dir, `${name.replaceAll(' ', '-')}.json`);
      await writeFile(file, JSON.stringify(templateOf(props).toJSON(), undefined, 1));
    }
    const { code } = await runVisibly(
      path.join(python.scripts, 'cfn-lint'),
      [
        ...['--config-file', path.join(FOLDER, 'cfnlintrc.yaml')],
        ...['--regions', REGION],
        ...['--template', path.join(dir, '*.json')],
      ],
      { ...process.env, ...python.environment },
    );
    process.stdout.write(
      code === 0
        ? `cfn-lint has no findings in ${Object.keys(COMBINATIONS).length} templates.\n`
        : `cfn-lint exited with ${code}: see above.\n`,
    );
    process.exitCode = code === 0 ? 0 : 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
