// `npm run licences`: writes THIRD-PARTY.md. Exit codes: 0 done, 1 failed, 2 wrong use.
import {readFileSync, writeFileSync} from 'node:fs';
import {type OptionTable, optionLines, readArguments, UsageError} from '../src/cli/arguments.ts';
import {guardOutput} from '../src/cli/output.ts';
import {type Lock, thirdParty} from './third_party.ts';

const table: OptionTable = {help: {short: 'h', help: 'show this text'}};

const helpText = `Writes THIRD-PARTY.md: the packages and the data that others made, and their licences.

usage: npm run licences

${optionLines(table)}

It reads package-lock.json and licences/data.md in the working directory.
`;

guardOutput('licences');
try {
  if (readArguments(table, process.argv.slice(2)).has('help')) {
    process.stdout.write(helpText);
  } else {
    const lock: Lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
    writeFileSync('THIRD-PARTY.md', thirdParty(lock, readFileSync('licences/data.md', 'utf8')));
    const count = Object.keys(lock.packages).length - 1;
    process.stdout.write(`THIRD-PARTY.md: ${count} packages\n`);
  }
} catch (error) {
  process.stderr.write(`licences: ${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
