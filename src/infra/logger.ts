import pino, { type Logger } from 'pino';

export type { Logger };

/** Where the container keeps the logger. */
export const LOGGER = Symbol('Logger');

/** JSON lines on stdout. Tokens, keys and passwords never reach them. */
export function createLogger(level: string, role: string): Logger {
  return pino({
    level,
    base: { role, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: [
        'authorization',
        '*.authorization',
        'queueToken',
        '*.queueToken',
        'token',
        '*.token',
        'password',
        '*.password',
      ],
      censor: '[redacted]',
    },
    serializers: { err: pino.stdSerializers.err },
  });
}
