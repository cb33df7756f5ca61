import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { contradictions } from './contradictions';
import { doubts } from './doubts';
import { type Config, fields } from './fields';

export type { Config } from './fields';

/** Where the container keeps the configuration. */
export const CONFIG = Symbol('Config');

/** Thrown by `loadConfig` with one line per wrong variable. */
export class ConfigError extends Error {
  constructor(readonly faults: string[]) {
    super(`Configuration is wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/**
 * Reads and checks every variable.
 * @throws ConfigError naming each variable that is wrong
 */
export function loadConfig(env: Record<string, string | undefined> = process.env): Config {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries<z.ZodType>(fields)) {
    const { data, error } = field.safeParse(env[name]);
    if (error === undefined) values[name] = data;
    else faults.push(`${name} ${error.issues[0]?.message ?? 'is wrong'}`);
  }
  if (values.TOKEN_SECRET === '') {
    if (values.NODE_ENV === 'development') values.TOKEN_SECRET = randomBytes(48).toString('base64url');
    else if (values.NODE_ENV !== undefined)
      faults.push('TOKEN_SECRET must be set outside development (at least 32 random bytes)');
  }
  if (values.DATABASE_ADMIN_URL === '') values.DATABASE_ADMIN_URL = values.DATABASE_URL;
  for (const fault of contradictions(values)) faults.push(fault);
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(values as Config);
}

/** The names of all variables. */
export const VARIABLES: readonly string[] = Object.keys(fields);

/** Settings that are allowed but probably not intended: for the log. */
export const configDoubts = (
  config: Config,
  env: Record<string, string | undefined> = process.env,
): string[] => doubts(config, env, VARIABLES);

/** The table of all variables, in Markdown. */
export function configTable(): string {
  const rows = Object.entries<z.ZodType>(fields).map(([name, field]) => {
    const { about = '', unit = '–' } = field.meta() ?? {};
    return [`| \`${name}\``, shown(field.parse(undefined)), unit, `${about} |`].join(' | ');
  });
  return ['| variable | default | unit | what it does |', '|---|---|---|---|', ...rows].join('\n');
}

/** A default as the table has it. */
const shown = (value: unknown): string =>
  typeof value === 'number' || (typeof value === 'string' && value !== '') ? `\`${value}\`` : '–';
