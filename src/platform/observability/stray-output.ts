import { format } from 'node:util';
import type { Logger } from './logger';

/**
 * Libraries print by `console` and Node prints its warnings, as text between the JSON lines. Sequelize does so each time
 * that a transaction cannot be rolled back because its connection is lost.
 */
export function logStrayOutput(logger: Logger): void {
  const log = (...printed: unknown[]): void =>
    logger.warn({ printed: format(...printed) }, 'a library has printed something');
  Object.assign(globalThis.console, { debug: log, error: log, info: log, log, trace: log, warn: log });
  process.removeAllListeners('warning'); // Node's own, which prints
  process.on('warning', (err) => logger.warn({ err }, 'Node warns'));
}
