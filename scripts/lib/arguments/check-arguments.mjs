// check-arguments.mjs <options.ts> [arguments]: exit code 0 if the command knows its arguments; else 2, and what is wrong.
import { pathToFileURL } from 'node:url';

const [file, ...args] = process.argv.slice(2);
const { readArguments } = await import(pathToFileURL(file).href);
try {
  readArguments(args);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
