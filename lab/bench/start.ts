import { Line } from './lib/sales/line.ts';
import type { Benchmark, Options, Result } from './lib/results/result.ts';
import { spread } from './lib/results/rounds.ts';
import { OurServer } from './lib/server.ts';

/** From the start of the process, roles and all, to "ready": both databases have answered. */
async function run({ rounds }: Options): Promise<Result[]> {
  const line = await Line.start();
  const readyMs: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const server = await OurServer.start({ ROLE: 'all' }, { pollMs: 5 });
    if (round > 0) readyMs.push(server.readyMs); // the first one reads the files from disk
    await server.stop();
  }
  await line.close();
  return [
    {
      name: 'start',
      measured: spread(readyMs),
      unit: 'ms',
      target: { atMost: 1000 },
      counted: 'time to ready',
      notes: [],
      rounds: { readyMs },
    },
  ];
}

export const start: Benchmark = { names: ['start'], about: 'a process from its start to ready', run };
