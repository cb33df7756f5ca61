import { freePort } from '../../scripts/lib/ports.js';
import { inBench } from './lib/context.ts';
import { KNOWN, poll, waitingPolls, WAITERS_ONLY } from './lib/polls.ts';
import { type Benchmark, type Options, ratioResult, type Result } from './lib/results/result.ts';
import { alternate, compare } from './lib/results/rounds.ts';
import { Line } from './lib/sales/line.ts';
import { OurServer } from './lib/server.ts';

/**
 * Both are served by one process: two processes differ by some percent for all of their life, whatever is in them, and
 * that is as much as what is looked for.
 */
async function traces(options: Options): Promise<Result[]> {
  const line = await Line.start();
  const polls = await waitingPolls(line, KNOWN);
  const untracedPort = await freePort();
  const server = await OurServer.start(
    { ...WAITERS_ONLY, UNTRACED_PORT: untracedPort },
    { program: inBench('workers', 'tracers.ts') },
  );
  const untraced = { port: untracedPort, pid: server.pid };
  for (const each of [server, untraced]) await poll(each, polls, 2);
  const rounds = await alternate(
    { ours: (seconds) => poll(server, polls, seconds), limit: (seconds) => poll(untraced, polls, seconds) },
    options,
  );
  await server.stop();
  await line.close();
  const notes = ['the limit is an app of the same process whose tracer has empty methods'];
  const by = { what: 'CPU', why: 'rates vary by more than is looked for' } as const;
  return [ratioResult('traces', compare(rounds.ours, rounds.limit), rounds, { atLeast: 0.97, notes, by })];
}

export const traceCost: Benchmark = {
  names: ['traces'],
  about: 'polls with traces off, against the same without a tracer',
  run: traces,
};
