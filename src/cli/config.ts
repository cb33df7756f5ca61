import { readFileSync, writeFileSync } from 'node:fs';
import { configDoubts, configTable, loadConfig } from '../config/config';
import { argumentsAreRight, CannotRun, print, readArguments, runTool, UsageError } from './support/tool';

const USAGE = `Usage: npm run check -- config [--check | --write FILE]
Prints the table of variables, checks those of this environment and names each that is wrong (exit code 2).
  --check       only checks
  --write FILE  only replaces the table in FILE (docs/configuration.md)`;

const TABLE = /^\| variable \| default[^]*?\n(?=\n)/m;

runTool(USAGE, () => {
  const { values } = readArguments({
    options: { check: { type: 'boolean', default: false }, write: { type: 'string' } },
  });
  if (values.check && values.write !== undefined) throw new UsageError('Either --check or --write.');
  argumentsAreRight();
  if (values.write !== undefined) writeTable(values.write);
  else {
    if (!values.check) print(`${configTable()}\n`);
    for (const doubt of configDoubts(loadConfig())) process.stderr.write(`${doubt}\n`);
    print('Every variable is right.');
  }
  return Promise.resolve(0);
});

function writeTable(file: string): void {
  try {
    const text = readFileSync(file, 'utf8');
    if (!TABLE.test(text)) throw new UsageError(`${file} has no table of variables.`);
    writeFileSync(
      file,
      text.replace(TABLE, () => `${configTable()}\n`),
    );
  } catch (error) {
    throw error instanceof UsageError ? error : new CannotRun(`--write: ${(error as Error).message}.`);
  }
}
