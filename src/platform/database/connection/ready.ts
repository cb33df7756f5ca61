import { monotonicMs } from '../../../common/clock';
import { retry } from '../../../common/retry';
import { certificateFault } from '../../certificates';
import { Database, DatabaseUnavailable } from '../database';

const PAUSE_MS = 500;
const CONNECT_MS = 3000;

/** Answers of a server that is up but refuses this URL: waiting does not help. */
const REFUSALS = new Set([
  1045, // wrong user or password
  1049, // no such database
  1059, // a name that is too long for a database
  1102, // a name that no database can have
  1698, // wrong user or password, by another method
  3159, // only with TLS
  45_023, // no TLS there
]);
const NO_RIGHT = 1044;

/** Whether the server refuses the URL for as long as it is this one. */
export const isRefusedUrl = (error: unknown): boolean => REFUSALS.has(rootCause(error).errno ?? 0);

/** Whether the account has no right to the database: a migration may give it to the application's account. */
export const isWithoutRight = (error: unknown): boolean => rootCause(error).errno === NO_RIGHT;

/** The error that the server or the connector gave, without the wrappings around it. */
export function rootCause(error: unknown): Error & { errno?: number; sqlMessage?: string } {
  if (!(error instanceof Error)) return new Error(String(error));
  const { cause, original } = error as { cause?: unknown; original?: unknown };
  const inner = original ?? cause;
  return inner instanceof Error && inner !== error ? rootCause(inner) : error;
}

/** What went wrong in one line, in the server's own words. */
export function describeDatabaseError(error: unknown): string {
  const { message, sqlMessage } = rootCause(error);
  return (sqlMessage ?? message).split('\n')[0] ?? '';
}

/** `host:port` or `host:port/database`, for messages: never the password. */
function describeTarget(url: string): string {
  const { host, pathname } = new URL(url);
  return pathname.length > 1 ? `${host}${pathname}` : host;
}

/**
 * Connects for a tool's work, which may take long.
 * @param timeoutMs longest time one piece of work may take
 * @param patienceMs how long to wait for a server that is just starting; 0: a person waits for the tool, and a wrong port
 * looks the same
 * @param report called once if the server has to be waited for
 * @throws Error saying which database could not be reached, and why
 */
export async function openDatabase(o: {
  url: string;
  timeoutMs: number;
  patienceMs?: number | undefined;
  report?: (line: string) => void;
}): Promise<Database> {
  const { url, timeoutMs, patienceMs = 0, report } = o;
  const database = new Database({ url, poolMax: 4, acquireMs: CONNECT_MS, timeoutMs });
  const startedAtMs = monotonicMs();
  const where = describeTarget(url);
  const isFinal = (error: unknown): boolean =>
    isRefusedUrl(error) ||
    isWithoutRight(error) || // a tool's account is the one that gives rights
    certificateFault(error) !== undefined ||
    !(error instanceof DatabaseUnavailable) ||
    monotonicMs() - startedAtMs + PAUSE_MS > patienceMs;
  try {
    await retry(
      () => database.query('SELECT 1'),
      (error, attempt) => {
        if (isFinal(error)) return undefined;
        if (attempt === 1) report?.(`waiting for MariaDB at ${where} …`);
        return PAUSE_MS;
      },
    );
    return database;
  } catch (error) {
    await database.close();
    const fault = certificateFault(error);
    const why = fault === undefined ? describeDatabaseError(error) : `its URL ${fault}`;
    throw new Error(`MariaDB at ${where} cannot be used: ${why}`, { cause: error });
  }
}
