import { addUsers, emptyDatabase } from './lib/database.ts';
import { ISSUE, requestText } from './lib/http.ts';
import { Line } from './lib/sales/line.ts';
import { closedLoop, writeValues } from './lib/load.ts';
import { type Benchmark, type Options, ratioResult, type Result } from './lib/results/result.ts';
import { alternate, compare, measure, type Round } from './lib/results/rounds.ts';
import { OurServer, startLimitServer, type Target } from './lib/server.ts';

const CONNECTIONS = 32;
/** Seven digits each, so that all requests are of one length. */
const FIRST_USER = 1_000_000;
/** Of each side that gives tokens out. */
const USERS = 600_000;

const TAKES_JSON = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
const SAMPLE = { ...TAKES_JSON, body: JSON.stringify({ userId: FIRST_USER }) };

/**
 * Everybody asks once: each request is a new place in line, written to Redis.
 * @param sides how many of the two servers give tokens out
 * @returns what sends requests, of users who have not asked yet if `onceEach`
 */
async function prepare(sides: 1 | 2): Promise<{
  line: Line;
  ask: (target: Target, seconds: number, onceEach: boolean) => Promise<Round>;
}> {
  await emptyDatabase();
  await addUsers(FIRST_USER, sides * USERS);
  const line = await Line.start();
  await line.seed({ count: 1, cap: 1 });
  const users = Array.from({ length: sides * USERS }, (_, i) => String(FIRST_USER + i));
  const file = writeValues(users);
  const [prefix, suffix] = requestText({ path: ISSUE, body: { userId: FIRST_USER } }).split(
    String(FIRST_USER),
  );
  const requests = { file, prefix: prefix ?? '', suffix: suffix ?? '', connections: CONNECTIONS };

  let next = 1;
  const ask = (target: Target, seconds: number, onceEach: boolean): Promise<Round> =>
    measure(target.pid, async () => {
      const load = { ...requests, port: target.port, seconds };
      if (!onceEach) return closedLoop({ ...load, wrap: true });
      const answered = await closedLoop({ ...load, first: next, wrap: false });
      next = answered.used;
      return answered;
    });
  return { line, ask };
}

async function againstBareNode(options: Options): Promise<Result[]> {
  const { line, ask } = await prepare(1);
  const server = await OurServer.start({ QUEUE_MAX_ACTIVE: 1 });
  const bare = await startLimitServer(await server.answerTo(ISSUE, SAMPLE), { readsJson: true });
  const rounds = await alternate(
    { ours: (seconds) => ask(server, seconds, true), limit: (seconds) => ask(bare, seconds, false) },
    options,
  );
  await Promise.all([server.stop(), bare.stop()]);
  await line.close();
  const notes = ['Redis’ share of the work is on neither side of the CPU ratio'];
  return [ratioResult('issue', compare(rounds.ours, rounds.limit), rounds, { atLeast: 0.36, notes })];
}

async function againstNoLog(options: Options): Promise<Result[]> {
  const { line, ask } = await prepare(2);
  const [ours, silent] = [
    await OurServer.start({ QUEUE_MAX_ACTIVE: 1 }),
    await OurServer.start({ QUEUE_MAX_ACTIVE: 1, TRANSPARENCY: 'off' }),
  ];
  const rounds = await alternate(
    { ours: (seconds) => ask(ours, seconds, true), limit: (seconds) => ask(silent, seconds, true) },
    options,
  );
  await Promise.all([ours.stop(), silent.stop()]);
  await line.close();
  const by = { what: 'rates', why: 'Redis has the most of the work' } as const;
  return [ratioResult('issue-log', compare(rounds.ours, rounds.limit), rounds, { atLeast: 0.95, by })];
}

export const issue: Benchmark = {
  names: ['issue'],
  about: 'tokens, each for another user, against bare node:http reading the same JSON',
  run: againstBareNode,
};

export const issueLog: Benchmark = {
  names: ['issue-log'],
  about: 'tokens with the transparency log, against the same without it',
  run: againstNoLog,
};
