import type { Logger } from '../platform/observability/logger';

/** The reader of our log has closed it: logging that would fail again. */
const isBrokenPipe = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EPIPE';

/**
 * Keeps the process alive when a driver, a socket or a timer throws where no caller can catch it, or rejects a promise
 * that nobody awaits. A caller that waits for the broken callback has a time limit, after which it gives up its
 * connection (ADR 13); an end of the process would also end all other requests.
 */
export function surviveUncaught(logger: Logger, count: () => void = () => undefined): void {
  const tell = (err: unknown, origin: string): void => {
    count();
    if (!isBrokenPipe(err)) logger.error({ err, origin }, 'an error that nobody caught; going on');
  };
  process.on('uncaughtException', tell);
  process.on('unhandledRejection', (reason) => tell(reason, 'unhandledRejection'));
}
