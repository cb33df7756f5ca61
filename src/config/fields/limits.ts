import { integer, oneOf } from '../field';

/** Limits of requests and connections, and the shutdown. */
export const limitsFields = {
  BREAKER_PRESET: oneOf({
    values: ['study', 'tuned'],
    default: 'study',
    about: 'Circuit breakers: window 100, 50 %, 30 s open; or window 200, 80 %, 10 s',
  }),
  LOAD_SHEDDING_MAX_DELAY_MS: integer({
    min: 10,
    max: 60_000,
    default: 100,
    unit: 'ms',
    about:
      'Under overload, a token, balance, top-up, hold or payment that would take longer gets 503 at once',
  }),
  HTTP_BODY_BYTES: integer({
    min: 256,
    max: 1_048_576,
    default: 16_384,
    unit: 'bytes',
    about: 'Largest request body',
  }),
  HTTP_REQUEST_TIMEOUT_MS: integer({
    min: 1000,
    max: 300_000,
    default: 10_000,
    unit: 'ms',
    about: 'Longest time that a client may take to send a request',
  }),
  HTTP_MAX_CONNECTION_AGE_SECONDS: integer({
    min: 0,
    max: 86_400,
    default: 30,
    unit: 's',
    about:
      'How long a connection is kept open for more requests, half to one and a half times that, so that new pods get their share; 0: no limit',
  }),
  HTTP_SOCKET_TIMEOUT_MS: integer({
    min: 1000,
    max: 300_000,
    default: 30_000,
    unit: 'ms',
    about:
      'Longest time that a client may send nothing of its request, or take nothing of its answer, before it is disconnected',
  }),
  HTTP_MAX_CONNECTIONS: integer({
    min: 0,
    max: 1_000_000,
    default: 20_000,
    unit: 'connections',
    about: 'Most open connections of one process, more are closed at once; 0: no limit',
  }),
  SHUTDOWN_DRAIN_MS: integer({
    min: 0,
    max: 120_000,
    default: 0,
    unit: 'ms',
    about:
      'After SIGTERM, how long to go on serving until load balancers notice (5000 behind Kubernetes Services)',
  }),
  SHUTDOWN_GRACE_MS: integer({
    min: 100,
    max: 300_000,
    default: 10_000,
    unit: 'ms',
    about: 'After SIGTERM, longest wait for requests in flight',
  }),
};
