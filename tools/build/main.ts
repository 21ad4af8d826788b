import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { SWAGGER_UI } from './api-documents.ts';
import { buildCommandLine } from './command-line.ts';
import { buildFunctions } from './functions.ts';
import { buildTesting } from './testing.ts';
import { thirdPartyLicenses } from './third-party-licenses.ts';

// `npm run build` runs this program after tsc. The program writes the functions, the command line and `errand/testing` into `dist`, with
// the licenses of all bundled packages.

const DIST = path.resolve(import.meta.dirname, '../../dist');

const { accounts, consoleInputs } = await buildFunctions(path.join(DIST, 'functions'));
const { inputs } = buildCommandLine(path.join(DIST, 'command-line'));
const testing = buildTesting(path.join(DIST, 'testing'));
const bundled = Object.values(accounts).flatMap((account) =>
  Object.values(account).flatMap((file) => Object.keys(file.inputs)),
);
const licenses = thirdPartyLicenses([
  ...bundled,
  ...consoleInputs,
  ...Object.keys(inputs),
  ...Object.keys(testing.inputs),
  `${SWAGGER_UI}/package.json`,
]);
writeFileSync(path.join(DIST, 'THIRD-PARTY-LICENSES'), licenses);
