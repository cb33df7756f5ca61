import pino, { type DestinationStream, type Logger } from 'pino';
import { NO_TRACES, type Tracer } from './traces/tracer';

export type { Logger };

/** Where the container keeps the logger. */
export const LOGGER = Symbol('Logger');

/**
 * JSON lines, on stdout by default. Tokens, keys and passwords never reach them. What is logged within a span has its
 * ids.
 */
export function createLogger(
  level: string,
  role: string,
  destination?: DestinationStream,
  tracer: Tracer = NO_TRACES,
): Logger {
  return pino(
    {
      level,
      ...(tracer.isOn && { mixin: () => idsOf(tracer) }),
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
      serializers: { err: described },
    },
    destination,
  );
}

/** As OpenTelemetry calls them where a log is no OTLP. */
function idsOf(tracer: Tracer): object {
  const span = tracer.active();
  return span === undefined ? {} : { trace_id: span.context.traceId, span_id: span.context.spanId };
}

/**
 * What an error says of itself, and no more. Clients hang more on their errors: ioredis the command that failed, which
 * while connecting is the password.
 */
function described(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { name, message } = error;
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { type: name, message, ...code, stack: stackOf(error) };
}

const stackOf = ({ stack, message, cause }: Error, depth = 0): string =>
  (stack ?? message) +
  (cause instanceof Error && depth < 5 ? `\ncaused by: ${stackOf(cause, depth + 1)}` : '');
