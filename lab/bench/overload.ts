import { emptyDatabase } from './lib/database.ts';
import { Line } from './lib/sales/line.ts';
import { type Mixed, mixedLoad } from './lib/load.ts';
import type { Benchmark, Options, Result } from './lib/results/result.ts';
import { spread } from './lib/results/rounds.ts';
import { OurServer, startLimitServer } from './lib/server.ts';
import { Holds, QUEUE } from './shop/holds.ts';

/** For the closed loops, of which none is expected to reach twice this rate. */
const CLOSED_PER_SECOND = 10_000;
/** Enough to keep the process busy; the best rate is the best of these. */
const CLOSED_CONNECTIONS = [32, 64, 128];
const CROWD_CONNECTIONS = 1000;
const GIVE_UP_MS = 2000;
const WARM_UP_SECONDS = 2;
/** Backlogs need this time to show. */
const LEAST_SECONDS = 6;
const MOST_ROUNDS = 3;
const CLEARLY_MORE = 1.1;
const MOST_CORRECTIONS = 4;
/** Above this the generator itself is short of its core. */
const GENERATOR_LIMIT = 0.9;
/** As long as a refusal of ours. */
const REFUSAL = {
  body: '{"resultType":"FAIL","data":null,"exception":{"code":"503","message":"Too many requests at once"}}',
  contentType: 'application/json; charset=utf-8',
};

/** Twice as much as the process can do: useful answers should stay at the best rate, and the rest be refused early. */
async function run({ rounds, seconds }: Options): Promise<Result[]> {
  await emptyDatabase();
  const line = await Line.start();
  const holds = await Holds.of(
    line,
    2 * CLOSED_PER_SECOND * (WARM_UP_SECONDS + CLOSED_CONNECTIONS.length * seconds),
  );
  const server = await OurServer.start(QUEUE);
  const load = async (crowd: { connections: number; seconds: number; rate?: number }): Promise<Mixed> => {
    const { file, next: first } = holds;
    const { port } = server;
    const answered = await mixedLoad({ file, wrap: false, first, port, giveUpMs: GIVE_UP_MS, ...crowd });
    holds.next = answered.used; // each seat is asked for once
    return answered;
  };
  const useful = (of: Mixed): number => of.accepted.count / of.seconds;

  await load({ connections: 32, seconds: WARM_UP_SECONDS });
  const closed: (Mixed & { connections: number })[] = [];
  for (const connections of CLOSED_CONNECTIONS)
    closed.push({ connections, ...(await load({ connections, seconds })) });
  const fastest = closed.reduce((one, other) => (useful(other) > useful(one) ? other : one));
  let best = useful(fastest);
  const overloads: Mixed[] = [];
  const wanted = Math.min(rounds, MOST_ROUNDS);
  for (let turn = 0; overloads.length < wanted && turn < wanted + MOST_CORRECTIONS; turn++) {
    const crowd = {
      connections: CROWD_CONNECTIONS,
      rate: 2 * best,
      seconds: Math.max(seconds, LEAST_SECONDS),
    };
    await holds.add(crowd.rate * crowd.seconds + CROWD_CONNECTIONS);
    const overloaded = await load(crowd);
    if (useful(overloaded) > best * CLEARLY_MORE) {
      best = useful(overloaded); // it can do more than was thought: what was offered was not too much
      overloads.length = 0;
    } else overloads.push(overloaded);
  }
  if (overloads.length === 0) throw new Error('The best rate was not found: this machine is too noisy.');
  await holds.add(2 * best * seconds * wanted + CROWD_CONNECTIONS);
  const possible = await besideRefusals(wanted, { file: holds.file, rate: best, seconds }, () =>
    load({ connections: fastest.connections, seconds }),
  );
  await server.stop();
  await line.close();

  const ratios = overloads.map((round) => useful(round) / best);
  const median = (of: (round: Mixed) => number): number => spread(overloads.map(of)).median;
  const percent = (of: (round: Mixed) => number): string =>
    `${Math.round(100 * median((round) => of(round) / round.offered))} %`;
  const share = [
    `${percent(({ accepted }) => accepted.count)} accepted`,
    `${percent(({ turnedAway }) => turnedAway.count)} refused with 503 or 429 (p99 ${Math.round(median(({ turnedAway }) => turnedAway.p99Ms))} ms)`,
    `${percent(({ lost }) => lost)} given up after ${GIVE_UP_MS / 1000} s`,
  ];
  const notes = [`best ${Math.round(best).toLocaleString('en')}/s; of twice that ${share.join(', ')}`];
  if (median(({ generatorBusy }) => generatorBusy) > GENERATOR_LIMIT)
    notes.push('the generator was short of its core: the offer came late');
  const details = { closed, overloads, possible };
  const p99s = (overloads[0]?.acceptedBySecond ?? []).map((_, second) =>
    Math.round(median(({ acceptedBySecond }) => acceptedBySecond[second]?.p99Ms ?? NaN)),
  );
  return [
    {
      name: 'overload',
      measured: spread(ratios),
      unit: '',
      target: { atLeast: 0.9 },
      counted: 'useful answers per second at 2 × the best rate / best rate',
      notes,
      rounds: details,
    },
    {
      name: 'overload-limit',
      measured: spread(possible.map((round) => useful(round) / best)),
      unit: '',
      target: undefined,
      counted: 'useful answers per second beside a bare node:http that refuses the other half / best rate',
      notes: [],
      rounds: {},
    },
    {
      name: 'overload-p99',
      unit: 'ms',
      target: { atMost: 200 },
      measured: spread(overloads.map(({ accepted }) => accepted.p99Ms)),
      counted: 'p99 of those accepted',
      notes: [`p99 of each second: ${p99s.join(', ')} ms`],
      rounds: details,
    },
  ];
}

/** The most that this machine could do: what is too much goes to a bare server on the same core, which refuses it. */
async function besideRefusals(
  rounds: number,
  tooMuch: { file: string; rate: number; seconds: number },
  load: () => Promise<Mixed>,
): Promise<Mixed[]> {
  const bare = await startLimitServer(REFUSAL);
  const { port } = bare;
  const crowd = { ...tooMuch, port, wrap: true, connections: CROWD_CONNECTIONS, giveUpMs: GIVE_UP_MS };
  const answered: Mixed[] = [];
  for (let round = 0; round < rounds; round++)
    answered.push((await Promise.all([load(), mixedLoad(crowd)]))[0]);
  await bare.stop();
  return answered;
}

export const overload: Benchmark = {
  names: ['overload', 'overload-limit', 'overload-p99'],
  about: 'twice as many holds as the process and its database can carry, at a fixed rate',
  run,
};
