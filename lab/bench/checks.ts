import { Line } from './lib/sales/line.ts';
import { closedLoop } from './lib/load.ts';
import { CONNECTIONS, KNOWN, poll, sampleOf, waitingPolls, WAITERS_ONLY } from './lib/polls.ts';
import { type Benchmark, type Options, ratioResult, type Result } from './lib/results/result.ts';
import { alternate, compare, measure, type Round } from './lib/results/rounds.ts';
import { OurServer, startLimitServer } from './lib/server.ts';

const NEW = 200_000;

/** Each waiter asks again and again, as in the field: its token has been verified by this process before. */
async function checkKnown(options: Options): Promise<Result[]> {
  const line = await Line.start();
  const polls = await waitingPolls(line, KNOWN);
  const server = await OurServer.start(WAITERS_ONLY);
  const bare = await startLimitServer(await sampleOf(server, polls.someToken));
  await poll(server, polls, 2); // all tokens are known after this
  const rounds = await alternate(
    { ours: (seconds) => poll(server, polls, seconds), limit: (seconds) => poll(bare, polls, seconds) },
    options,
  );
  await Promise.all([server.stop(), bare.stop()]);
  await line.close();
  return [ratioResult('check-known', compare(rounds.ours, rounds.limit), rounds, { atLeast: 0.58 })];
}

/** Far more in turn than a process remembers: each time a token is asked with, it has been forgotten and is verified. */
async function checkNew(options: Options): Promise<Result[]> {
  const line = await Line.start();
  const polls = await waitingPolls(line, NEW);
  const server = await OurServer.start(WAITERS_ONLY);
  const bare = await startLimitServer(await sampleOf(server, polls.someToken));
  await poll(server, polls, 2);

  let next = 0;
  const inTurn = async (seconds: number): Promise<Round> =>
    measure(server.pid, async () => {
      const load = { ...polls, port: server.port, connections: CONNECTIONS, seconds };
      const answered = await closedLoop({ ...load, first: next });
      next = answered.used % NEW;
      return answered;
    });
  const rounds = await alternate({ ours: inTurn, limit: (seconds) => poll(bare, polls, seconds) }, options);
  await Promise.all([server.stop(), bare.stop()]);
  await line.close();
  return [ratioResult('check-new', compare(rounds.ours, rounds.limit), rounds, { atLeast: 0.48 })];
}

/** The same process, with and without its counting and logging. */
async function observation(options: Options): Promise<Result[]> {
  const line = await Line.start();
  const polls = await waitingPolls(line, KNOWN);
  const server = await OurServer.start(WAITERS_ONLY);
  const blind = await OurServer.start({ ...WAITERS_ONLY, LOG_LEVEL: 'silent' }, { unobserved: true });
  for (const each of [server, blind]) await poll(each, polls, 2);
  const rounds = await alternate(
    { ours: (seconds) => poll(server, polls, seconds), limit: (seconds) => poll(blind, polls, seconds) },
    options,
  );
  await Promise.all([server.stop(), blind.stop()]);
  await line.close();
  const notes = ['the limit is the same product with counting and logging switched off'];
  return [ratioResult('observation', compare(rounds.ours, rounds.limit), rounds, { atLeast: 0.95, notes })];
}

export const checks: Benchmark[] = [
  {
    names: ['observation'],
    about: 'polls with metrics and logging, against the same process without',
    run: observation,
  },
  {
    names: ['check-known'],
    about: 'polls of 20,000 waiters in turn, against bare node:http answering the same bytes',
    run: checkKnown,
  },
  {
    names: ['check-new'],
    about:
      'polls of 200,000 waiters in turn, more than a process remembers: each token is verified, against the same',
    run: checkNew,
  },
];
