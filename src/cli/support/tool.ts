import '../../common/calendar/utc';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { type Config, ConfigError, loadConfig } from '../../config/config';
import { didYouMean } from '../../config/closest';
import { Unavailable } from '../../common/errors';
import { StoredTime } from '../../http/fields';
import { describeDatabaseError, rootCause } from '../../platform/database/connection/ready';
import { watchOutput } from './output';

const NO_SUCH_TABLE = 1146;

/** The tool was called in a way it does not understand: exit code 2. */
export class UsageError extends Error {}

/** The tool could not do its work, for a reason that has been put in words: exit code 2, no stack. */
export class CannotRun extends Error {}

/** The arguments are right, and only they were to be checked. */
class ArgumentsOnly extends Error {}

/**
 * Called when the arguments are known to be right. With ARGUMENTS_ONLY=1 a tool ends here: so `npm run` refuses wrong
 * ones before it looks for services.
 */
export function argumentsAreRight(): void {
  if (process.env.ARGUMENTS_ONLY === '1') throw new ArgumentsOnly();
}

/** What the environment says; called when the arguments are known to be right. A tool signs nothing, so it needs no TOKEN_SECRET. */
export function toolConfig(): Config {
  argumentsAreRight();
  return loadConfig({ ...process.env, TOKEN_SECRET: 'tools-sign-nothing-and-need-no-secret' });
}

/**
 * `parseArgs` of Node, with its errors turned into UsageError (they name the option). It would take the last one of an option
 * that is given twice, of which one may be another's, and an empty text, which is what a shell makes of a variable that is
 * not set.
 */
export function readArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    const { tokens = [] } = parseArgs({ ...config, tokens: true });
    const given = tokens.flatMap((token) =>
      token.kind === 'option' && config.options?.[token.name]?.multiple !== true ? token.name : [],
    );
    const twice = given.find((name, i) => given.indexOf(name) !== i);
    if (twice !== undefined) throw new Error(`Option '--${twice}' is given twice.`);
    for (const token of tokens) {
      if (token.kind === 'option' && token.value === '')
        throw new Error(`Option '--${token.name}' is empty.`);
      if (token.kind === 'positional' && token.value === '') throw new Error('An argument is empty.');
    }
    return parseArgs(config);
  } catch (error) {
    const message = messageOf(error).replace(/\. To specify a positional.*$/s, '.');
    const [, option] = /'(--[^' =]+)/.exec(message) ?? [];
    const known = Object.keys(config.options ?? {}).map((name) => `--${name}`);
    const isUnknown = option !== undefined && !known.includes(option);
    throw new UsageError(`${message}${isUnknown ? didYouMean(option, known) : ''}`);
  }
}

/** A whole number given as an option. @throws UsageError naming the option */
export function wholeNumber(
  option: string,
  value: string,
  { min, max }: { min: number; max: number },
): number {
  const number = Number(value);
  if (/^(?:0|[1-9]\d*)$/.test(value) && number >= min && number <= max) return number;
  throw new UsageError(`${option} must be a whole number from ${min} to ${max}, not "${value}".`);
}

/** A day that its month does not have would count as one of the next month. @throws UsageError naming the option */
export function timeOf(option: string, value: string): Date {
  if (StoredTime.safeParse(value).success) return new Date(value);
  throw new UsageError(
    `${option} must be a time with its offset, as 2030-01-31T20:00:00+09:00, not "${value}".`,
  );
}

/** Of the tools that run beside the start of a database. */
export const WAIT = { wait: { type: 'string', default: '0' } } as const;
const LONGEST_WAIT_SECONDS = 3600;

/** @throws UsageError */
export const patienceMsOf = (wait: string): number =>
  1000 * wholeNumber('--wait', wait, { min: 0, max: LONGEST_WAIT_SECONDS });

export const print = (line: string): void => void process.stdout.write(`${line}\n`);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function reasonOf(error: unknown): string {
  if (rootCause(error).errno === NO_SUCH_TABLE)
    return 'Tables are missing: "npm run db -- migrate" makes them.';
  return error instanceof Unavailable ? describeDatabaseError(error) : messageOf(error);
}

/** Runs a tool: what it returns is the exit code; errors become one message on stderr. */
export function runTool(usage: string, main: () => Promise<number>): void {
  watchOutput();
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    print(usage);
    return;
  }
  void Promise.resolve()
    .then(main)
    .catch((error: unknown) => {
      if (error instanceof ArgumentsOnly) return 0;
      const message = reasonOf(error);
      process.stderr.write(error instanceof UsageError ? `${message}\n${usage}\n` : `${message}\n`);
      return error instanceof UsageError || error instanceof CannotRun || error instanceof ConfigError
        ? 2
        : 1;
    })
    .then((code) => {
      process.exitCode = code;
    });
}

/** What is wrong with the name of a command. @param given empty: there was none */
export const unknownCommand = (given: string, known: string[]): UsageError =>
  new UsageError(
    given === ''
      ? `The command is missing: ${known.join(', ')}.`
      : `There is no command "${given}".${didYouMean(given, known)}`,
  );

/** What is wrong with `--queue`. */
export const unknownQueue = (id: string, known: string[]): string =>
  `There is no queue "${id}": there ${known.length === 0 ? 'is none yet' : `are ${known.join(', ')}`}.${didYouMean(id, known)}`;
