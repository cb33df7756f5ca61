// check-arguments.mjs <options.ts> [arguments]: whether a command knows them. Exit code 0: yes; 10: help was shown; 2: no.
import { pathToFileURL } from 'node:url';

const [file, ...args] = process.argv.slice(2);
const { readArguments, usage } = await import(pathToFileURL(file).href);
const wantsHelp = args.some((argument) => ['--help', '-h'].includes(argument)) || args[0] === 'help';
if (wantsHelp) {
  process.stdout.write(`${usage().trimEnd()}\n`);
  process.exitCode = 10;
} else
  try {
    readArguments(args);
  } catch (error) {
    const what = error.message.replace(/\. To specify a positional.*$/s, '.');
    process.stderr.write(`\n${what}\n\n${usage().trimEnd()}\n`);
    process.exitCode = 2;
  }
