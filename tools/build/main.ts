import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { SWAGGER_UI } from './api-documents.ts';
import { buildCommandLine } from './command-line.ts';
import { buildFunctions } from './functions.ts';
import { thirdPartyLicenses } from './third-party-licenses.ts';

// `npm run build` runs it after tsc: it writes the functions and the command line into `dist`, with the licenses of all that is bundled
// in them.

const DIST = path.resolve(import.meta.dirname, '../../dist');

const accounts = buildFunctions(path.join(DIST, 'functions'));
const { inputs } = buildCommandLine(path.join(DIST, 'command-line'));
const bundled = Object.values(accounts).flatMap((account) =>
  Object.values(account).flatMap((file) => Object.keys(file.inputs)),
);
const licenses = thirdPartyLicenses([...bundled, ...Object.keys(inputs), `${SWAGGER_UI}/package.json`]);
writeFileSync(path.join(DIST, 'THIRD-PARTY-LICENSES'), licenses);
