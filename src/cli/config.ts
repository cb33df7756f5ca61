import { readFileSync, writeFileSync } from 'node:fs';
import { configTable } from '../config';

/** Prints the table of variables; `--write README.md` puts it in the place of the one there. */
const [option, path] = process.argv.slice(2);
if (option === undefined) process.stdout.write(`${configTable()}\n`);
else if (option === '--write' && path !== undefined) {
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    text.replace(/^\| variable \| default[^]*?\n(?=\n)/m, () => `${configTable()}\n`),
  );
} else {
  process.stderr.write('usage: npm run config [-- --write README.md]\n');
  process.exitCode = 2;
}
