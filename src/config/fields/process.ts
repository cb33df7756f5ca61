import { listenAddress, timeZone } from '../checks';
import { integer, oneOf, optionalPort } from '../field';
import { text } from '../text-field';

/** What this process is and does. */
export const processFields = {
  NODE_ENV: oneOf({
    values: ['development', 'test', 'production'],
    default: 'development',
    about: 'What this process is for; outside development, secrets are required',
  }),
  PORT: integer({ min: 0, max: 65535, default: 8080, about: 'HTTP port; 0 takes a free one' }),
  MANAGEMENT_PORT: optionalPort({
    about:
      'Port of /metrics, /docs, /openapi.json and operator commands; empty: they are on PORT, and in production nowhere',
  }),
  HOST: text({ default: '0.0.0.0', about: 'Address to listen on', check: listenAddress }),
  ROLE: oneOf({
    values: ['api', 'worker', 'web', 'all'],
    default: 'all',
    about:
      'What this process does: answer requests, background work, the pages and the status of queues alone, or all of it',
  }),
  WORKERS: integer({
    min: 1,
    max: 128,
    default: 1,
    unit: 'processes',
    about:
      'Processes on one port, for machines and pods with several cores; each has its own DATABASE_POOL_MAX',
  }),
  POD_CPU_REQUEST_MILLICORES: integer({
    min: 0,
    default: 0,
    unit: 'millicores',
    about: 'CPU that the pod requests, exported for the dashboard Scaling; the chart sets it; 0: unknown',
  }),
  LOG_LEVEL: oneOf({
    values: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    default: 'info',
    about: 'Lowest level that is logged; every request is logged at debug, 5xx at warn or error',
  }),
  DISPLAY_TIME_ZONE: text({
    default: 'Asia/Seoul',
    about: 'Time zone of the times in answers; everything else runs in UTC',
    check: timeZone,
  }),
};
