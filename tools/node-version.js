import { readFileSync } from 'node:fs';

// Runs after `npm ci`, and prints one line if the Node that ran npm is too old. The file is JavaScript, because an old Node can't run
// TypeScript. The file itself runs in the Node that `npm ci` has just installed. It therefore reads the version of npm's Node from npm's user
// agent (https://docs.npmjs.com/cli/using-npm/config#user-agent).

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const [, oldest] = /(\d+)/.exec(engines.node);
const [, version = process.versions.node] =
  / node\/v?(\S+)/.exec(process.env.npm_config_user_agent ?? '') ?? [];

if (Number.parseInt(version) < Number(oldest)) {
  process.stderr.write(
    `Errand needs Node ${oldest}, and this is Node ${version}. npm scripts use the Node ${oldest} that npm has just installed; ` +
      'in a shell, put node_modules/node/bin first on your PATH.\n',
  );
}
