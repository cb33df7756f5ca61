import { setTimeout as sleep } from 'node:timers/promises';
import { aroundValue, CHECK } from './lib/http.ts';
import { Line } from './lib/sales/line.ts';
import { mixedLoad, writeValues } from './lib/load.ts';
import type { Benchmark, Options, Result } from './lib/results/result.ts';
import { spread } from './lib/results/rounds.ts';
import { OurServer } from './lib/server.ts';

const WAITERS = 20_000;
const POLLS_PER_SECOND = 10_000;
const MOST_ROUNDS = 3;

/**
 * What polls cost Redis: its commands per second with the load less those without. Commands that scripts call count.
 * With the default QUEUE_PRESENCE_TIMEOUT_SECONDS, so that presence is reported as often as in the field.
 */
async function run({ rounds, seconds }: Options): Promise<Result[]> {
  const line = await Line.start();
  const [, ...waiters] = await line.seed({ count: WAITERS + 1, cap: 1 });
  const file = writeValues(waiters.map(({ token }) => token));
  const server = await OurServer.start({ QUEUE_MAX_ACTIVE: 1, QUEUE_PRESENCE_TIMEOUT_SECONDS: 30 });
  const polls = (lasting: number): ReturnType<typeof mixedLoad> =>
    mixedLoad({
      file,
      ...aroundValue({ path: CHECK, token: 'VALUE' }),
      wrap: true,
      port: server.port,
      rate: POLLS_PER_SECOND,
      seconds: lasting,
      connections: 256,
      giveUpMs: 5000,
    });
  const commandsDuring = async (work: () => Promise<unknown>): Promise<number> => {
    const [startedAt, before] = [performance.now(), await line.info('total_commands_processed')];
    await work();
    const commands = (await line.info('total_commands_processed')) - before;
    return commands / ((performance.now() - startedAt) / 1000);
  };

  await polls(2);
  const commands: { idle: number; loaded: number; answered: number }[] = [];
  const lasting = Math.max(seconds, 2); // presence is reported once a second
  for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round++) {
    const idle = await commandsDuring(() => sleep(lasting * 1000));
    let answered = 0;
    const loaded = await commandsDuring(async () => {
      const { accepted } = await polls(lasting);
      answered = accepted.count / lasting;
    });
    commands.push({ idle, loaded, answered });
  }
  await server.stop();
  await line.close();
  const median = (of: 'idle' | 'loaded' | 'answered'): number =>
    Math.round(spread(commands.map((round) => round[of])).median);
  return [
    {
      name: 'redis-commands',
      measured: spread(commands.map(({ idle, loaded }) => loaded - idle)),
      unit: '/s',
      target: { atMost: 50 },
      counted: 'with polls less without',
      notes: [
        `${median('idle')}/s without polls, ${median('loaded')}/s with ${median('answered').toLocaleString('en')} polls/s`,
      ],
      rounds: { commands },
    },
  ];
}

export const redisCommands: Benchmark = {
  names: ['redis-commands'],
  about: 'Redis commands per second that 10,000 polls per second cause',
  run,
};
