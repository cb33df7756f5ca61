import { parseUrl } from '../config/parsing/url';
import {
  CannotRun,
  print,
  readArguments,
  runTool,
  toolConfig,
  unknownCommand,
  unknownQueue,
  UsageError,
  wholeNumber,
} from './support/tool';
import type { AdmissionStatus } from '../modules/waiting-room/admission/operator-service';

const USAGE = `Usage: npm run queue -- status | pause | resume | limit N | rate N | auto [--queue ID] [--url URL]
The admission limits of a queue, on a running product (its management port). MANAGEMENT_TOKEN must be set, to the key of an
operator or to the product's own MANAGEMENT_TOKEN.
  status   limit, rate, what sets them, active and waiting users
  pause    admits nobody; active users go on
  resume   ends the pause
  limit N  at most N active users
  rate N   at most N admissions a second
  auto     removes the override of limit and rate
  --queue  the queue's ID (default: QUEUE_ID)
  --url    default http://127.0.0.1:<MANAGEMENT_PORT, else PORT>`;
const WHERE = 'The running product’s management port is named by MANAGEMENT_PORT here, or by --url.';
const TIMEOUT_MS = 15_000;
const ACTS = ['pause', 'resume', 'limit', 'rate', 'auto'];
const MOST = 999_999_999;

const SET_BY = {
  operator: 'set by an operator',
  auto: 'set by the controller',
  fixed: 'set by QUEUE_MAX_ACTIVE',
};

interface Answer<T> {
  data: T | null;
  exception: { code: string; message: string } | null;
}

async function ask<T>(url: string, token: string, body?: object): Promise<T> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new CannotRun(`${url} cannot be reached: ${whyNot(error)}. ${WHERE}`);
  });
  const answer = (await response.json().catch(() => ({}))) as Partial<Answer<T>>;
  if (answer.data === undefined || answer.data === null)
    throw new CannotRun(
      `${url} answered ${response.status}: ${answer.exception?.message ?? 'it is another program.'}${response.status === 404 ? ` ${WHERE}` : ''}`,
    );
  return answer.data;
}

/** The reason is in the cause of an error of `fetch`. */
function whyNot(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

const describe = ({
  queueId,
  activeLimit,
  admissionRateLimit,
  paused,
  source,
  active,
  waiting,
  lastDecision,
}: AdmissionStatus): string =>
  [
    `${queueId}: ${active} active of at most ${activeLimit}, ${waiting} waiting`,
    ...(admissionRateLimit === null ? [] : [`at most ${admissionRateLimit}/s`]),
    ...(paused ? ['PAUSED'] : []),
    SET_BY[source],
    ...(lastDecision === null ? [] : [`last decision ${lastDecision}`]),
  ].join(', ');

function orderOf(act: string, value: string | undefined): object {
  if (!ACTS.includes(act)) throw unknownCommand(act, [...ACTS, 'status', 'report']);
  const takesNumber = act === 'limit' || act === 'rate';
  if (takesNumber !== (value !== undefined))
    throw new UsageError(`${act} takes ${takesNumber ? 'a' : 'no'} number.`);
  return value === undefined
    ? { command: act }
    : { command: act, value: wholeNumber(act, value, { min: 1, max: MOST }) };
}

/** @throws UsageError for what `fetch` cannot ask, or what no path can be put behind */
function baseUrlOf(url: string): string {
  try {
    const { username, password, search } = parseUrl(url, ['http:', 'https:']);
    if (username + password !== '') throw new Error('must have no user and no password');
    if (search !== '') throw new Error('must have no ?…: a path is put behind it');
  } catch (error) {
    throw new UsageError(`--url ${error instanceof Error ? error.message : String(error)}.`);
  }
  return url.replace(/\/$/, '');
}

runTool(USAGE, async () => {
  const { values, positionals } = readArguments({
    allowPositionals: true,
    options: { queue: { type: 'string' }, url: { type: 'string' } },
  });
  const [act = 'status', value, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`What is ${more.join(' ')}?`);
  if (act === 'status' && value !== undefined) throw new UsageError(`status takes no ${value}.`);
  const order = act === 'status' ? undefined : orderOf(act, value);
  const given = values.url === undefined ? undefined : baseUrlOf(values.url);
  const config = toolConfig();
  if (config.MANAGEMENT_TOKEN === '')
    throw new CannotRun(
      'MANAGEMENT_TOKEN must be set here, to the key of an operator or to the MANAGEMENT_TOKEN of the product.\nFor example: export MANAGEMENT_TOKEN=$(npm run -s db -- operator add NAME --role operator)',
    );
  const url = given ?? `http://127.0.0.1:${config.MANAGEMENT_PORT ?? config.PORT}`;
  if (order === undefined) {
    const all = await ask<AdmissionStatus[]>(`${url}/queues`, config.MANAGEMENT_TOKEN);
    const ids = all.map(({ queueId }) => queueId);
    if (values.queue !== undefined && !ids.includes(values.queue))
      throw new CannotRun(unknownQueue(values.queue, ids));
    for (const one of all) if ((values.queue ?? one.queueId) === one.queueId) print(describe(one));
    return 0;
  }
  const path = `${url}/queues/${encodeURIComponent(values.queue ?? config.QUEUE_ID)}/admission`;
  print(describe(await ask<AdmissionStatus>(path, config.MANAGEMENT_TOKEN, order)));
  return 0;
});
