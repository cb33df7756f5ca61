import type { Config } from '../config/config';
import type { Phase } from '../common/lifecycle';
import type { HttpServer } from '../http/server';
import { ServerMismatch } from './server-checks';

const LISTEN_ERRORS: Record<string, string | undefined> = {
  EADDRINUSE: 'is in use by another program',
  EACCES: 'must not be opened by this account',
};

/** Opens a port; an error names the variable of the address that cannot be bound. */
export const listening = (
  variable: 'PORT' | 'MANAGEMENT_PORT',
  server: HttpServer,
  config: Config,
): Phase => ({
  name: variable,
  start: () =>
    server.listen().catch((error: unknown) => {
      const { code = '', message } = error as NodeJS.ErrnoException;
      const why = LISTEN_ERRORS[code];
      throw why === undefined
        ? new ServerMismatch('HOST', `"${config.HOST}" cannot be listened on: ${message}`)
        : new ServerMismatch(variable, `${config[variable] ?? ''} ${why} (${code})`);
    }),
  stop: () => server.close(),
});
