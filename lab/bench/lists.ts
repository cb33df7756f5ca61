import { addProgramme, emptyDatabase } from './lib/database.ts';
import { aroundValue, SCHEDULE, SEAT } from './lib/http.ts';
import { Line } from './lib/sales/line.ts';
import { closedLoop, writeValues } from './lib/load.ts';
import { type Benchmark, type Options, ratioResult, type Result } from './lib/results/result.ts';
import { alternate, compare, measure, type Round } from './lib/results/rounds.ts';
import { OurServer, startLimitServer, type Target } from './lib/server.ts';

const CONNECTIONS = 32;
const ACTIVE = 100;
const SCHEDULES = 30;
/** Short lists: the less there is to send, the more our own share shows. */
const SEATS = 50;

/** A cached list with the admission check: active users read it again and again. */
async function readList(name: string, path: string, options: Options): Promise<Result[]> {
  await emptyDatabase();
  await addProgramme(SCHEDULES, SEATS);
  const line = await Line.start();
  const users = await line.seed({ count: ACTIVE, cap: ACTIVE });
  const file = writeValues(users.map(({ token }) => token));
  const server = await OurServer.start({ QUEUE_MAX_ACTIVE: ACTIVE, QUEUE_IDLE_TIMEOUT_SECONDS: 0 });
  const read = { name, path, file, token: users[0]?.token ?? '', atLeast: 0.55 };
  const results = await againstBareNode(server, read, options);
  await line.close();
  return results;
}

/** What everybody reads while waiting: the same bytes for all, from memory and without a token. */
async function readPublic(name: string, path: string, options: Options): Promise<Result[]> {
  const file = writeValues(['a', 'b']); // nothing looks at the header that differs
  const server = await OurServer.start({ ROLE: 'web' });
  return againstBareNode(
    server,
    { name, path, file, token: 'a', atLeast: name === 'page' ? 0.7 : undefined },
    options,
  );
}

interface Read {
  name: string;
  path: string;
  /** Tokens to send in turn. */
  file: string;
  /** One of them, for the sample. */
  token: string;
  atLeast: number | undefined;
}

async function againstBareNode(
  server: OurServer,
  { name, path, file, token, atLeast }: Read,
  options: Options,
): Promise<Result[]> {
  const requests = { file, ...aroundValue({ method: 'GET', path, token: 'VALUE' }), wrap: true };
  const sample = await server.answerTo(path, { headers: { Authorization: token } });
  const bare = await startLimitServer(sample);
  const ask = (target: Target, seconds: number): Promise<Round> =>
    measure(target.pid, () =>
      closedLoop({ ...requests, port: target.port, connections: CONNECTIONS, seconds }),
    );
  const rounds = await alternate(
    { ours: (seconds) => ask(server, seconds), limit: (seconds) => ask(bare, seconds) },
    options,
  );
  await Promise.all([server.stop(), bare.stop()]);
  const notes = [`answers of ${sample.body.length} bytes`];
  return [ratioResult(name, compare(rounds.ours, rounds.limit), rounds, { atLeast, notes })];
}

export const lists: Benchmark[] = [
  {
    names: ['schedule'],
    about:
      'the schedule list from the cache, with the guard, against bare node:http answering the same bytes',
    run: (options) => readList('schedule', SCHEDULE, options),
  },
  {
    names: ['seat'],
    about: 'the seat list from the cache, with the guard, against the same',
    run: (options) => readList('seat', `${SEAT}?scheduleId=1`, options),
  },
  {
    names: ['page'],
    about: 'the buyer’s page by role web, against the same',
    run: (options) => readPublic('page', '/', options),
  },
  {
    names: ['queue-status'],
    about: 'the status of a queue by role web, against the same',
    run: (options) => readPublic('queue-status', '/v1/api/queues/main/status', options),
  },
];
