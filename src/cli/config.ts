import { readFileSync, writeFileSync } from 'node:fs';
import { configDoubts, configTable, loadConfig } from '../config/config';
import { argumentsAreRight, print, readArguments, runTool, UsageError } from './support/tool';

const USAGE = `Usage: npm run config [-- --check | --write README.md]
Prints the table of variables.
  --check       checks the variables of this environment instead, and names each that is wrong
  --write FILE  puts the table in the place of the one in FILE`;

const TABLE = /^\| variable \| default[^]*?\n(?=\n)/m;

runTool(USAGE, () => {
  const { values } = readArguments({
    options: { check: { type: 'boolean', default: false }, write: { type: 'string' } },
  });
  if (values.check && values.write !== undefined) throw new UsageError('Either --check or --write.');
  argumentsAreRight();
  if (values.check) {
    for (const doubt of configDoubts(loadConfig())) process.stderr.write(`${doubt}\n`);
    print('Every variable is right.');
  } else if (values.write === undefined) print(configTable());
  else {
    const text = readFileSync(values.write, 'utf8');
    if (!TABLE.test(text)) throw new UsageError(`${values.write} has no table of variables.`);
    writeFileSync(
      values.write,
      text.replace(TABLE, () => `${configTable()}\n`),
    );
  }
  return Promise.resolve(0);
});
