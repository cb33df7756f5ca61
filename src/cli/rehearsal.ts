import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { DisplayTime } from '../common/calendar/display-time';
import { withAdvisoryLock } from '../platform/database/advisory-lock';
import { openDatabase } from '../platform/database/connection/ready';
import type { Present } from '../modules/rehearsal/refusals';
import { RehearsalRepository } from '../modules/rehearsal/repository';
import { RehearsalRequests } from '../modules/rehearsal/requests';
import { RunnerLock } from '../modules/rehearsal/runner-lock';
import { RehearsalOutcome, RehearsalWanted } from '../modules/rehearsal/schema';
import { RehearsalService } from '../modules/rehearsal/service';
import {
  print,
  readArguments,
  runTool,
  toolConfig,
  unknownCommand,
  UsageError,
  wholeNumber,
} from './support/tool';

const USAGE = `Usage: node dist/cli/rehearsal.js keep [--runner UUID]
       node dist/cli/rehearsal.js request --wanted JSON [--active N] [--waiting N]
       node dist/cli/rehearsal.js next
       node dist/cli/rehearsal.js prepare --rehearsal ID
       node dist/cli/rehearsal.js finish --rehearsal ID --outcome JSON | --failure TEXT
       node dist/cli/rehearsal.js remove
The rows of rehearsals, as npm run load -- rehearse makes and removes them (DATABASE_ADMIN_URL, else DATABASE_URL).
  keep     takes the lock of a runner, prints {}, and keeps the lock until its input ends
  request  asks for a rehearsal, as operators do on their page, and prints its id; refused while users are in its queue
  next     prints the rehearsal that waits, if there is one
  prepare  removes what is left of others, makes a hidden concert and test users, and prints their ids as JSON
  finish   keeps what it has shown; the admission controller begins with eight tenths of its capacity
  remove   removes all that rehearsals have made
With --runner all but next and finish are refused while another runner has the lock, without it while any has.`;

const WORK_MS = 10 * 60_000;
const MOST = 10_000_000;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const PROLONG_EVERY_MS = 5000;

interface Wanted {
  command: string;
  id: () => number;
  json: (option: 'wanted' | 'outcome') => unknown;
  failure: string | undefined;
  present: () => Present;
  runner: string | undefined;
}

function wanted(): Wanted {
  const { positionals, values } = readArguments({
    allowPositionals: true,
    options: {
      rehearsal: { type: 'string' },
      wanted: { type: 'string' },
      outcome: { type: 'string' },
      failure: { type: 'string' },
      active: { type: 'string', default: '0' },
      waiting: { type: 'string', default: '0' },
      runner: { type: 'string' },
    },
  });
  const [command = '', ...more] = positionals;
  const known = ['keep', ...Object.keys(COMMANDS)];
  if (!known.includes(command) || more.length > 0) throw unknownCommand(positionals.join(' '), known);
  if (values.runner !== undefined && !UUID.test(values.runner))
    throw new UsageError(`--runner must be a UUID, not "${values.runner}".`);
  const count = (option: 'active' | 'waiting'): number =>
    wholeNumber(`--${option}`, values[option], { min: 0, max: MOST });
  return {
    command,
    id: () => wholeNumber('--rehearsal', values.rehearsal ?? '', { min: 1, max: MOST }),
    json: (option) => {
      try {
        return JSON.parse(values[option] ?? '') as unknown;
      } catch {
        throw new UsageError(`--${option} must be JSON.`);
      }
    },
    failure: values.failure,
    present: () => ({ active: count('active'), waiting: count('waiting') }),
    runner: values.runner,
  };
}

const COMMANDS: Record<string, (service: RehearsalService, wanted: Wanted) => Promise<unknown>> = {
  request: async (service, { json, present }) => ({
    rehearsalId: await service.request(RehearsalWanted.parse(json('wanted')), present()),
  }),
  next: async (service) => (await service.next()) ?? {},
  prepare: async (service, { id }) => service.prepare(id()),
  finish: async (service, { id, json, failure }) => {
    await service.finish(id(), failure ?? RehearsalOutcome.parse(json('outcome')));
    return {};
  },
  remove: async (service) => ({ removed: await service.removeAll() }),
};

/** Ends with its input, so with the runner that has started it, however that ends. */
async function keep(lock: RunnerLock, service: RehearsalService): Promise<void> {
  process.on('SIGINT', () => undefined); // the runner gets it as well, and removes what it has made before it ends
  const over = new AbortController();
  process.stdin.resume().once('end', () => over.abort());
  if (!(await lock.hold())) throw await service.refusal();
  print('{}');
  for (;;) {
    await sleep(PROLONG_EVERY_MS, undefined, over).catch(() => undefined);
    if (over.signal.aborted) break;
    const isOurs = await lock.hold().catch(() => true); // the database is away: once more
    if (!isOurs) throw await service.refusal();
  }
  await lock.release();
}

runTool(USAGE, async () => {
  const read = wanted();
  const config = toolConfig();
  const database = await openDatabase({ url: config.DATABASE_ADMIN_URL, timeoutMs: WORK_MS });
  const lock = new RunnerLock(database, read.runner);
  const service = new RehearsalService(
    new RehearsalRepository(database),
    new RehearsalRequests(database),
    lock,
    new DisplayTime(config),
  );
  try {
    if (read.command === 'keep') await keep(lock, service);
    else
      await withAdvisoryLock(database, 'rehearsal', print, async () => {
        print(JSON.stringify(await COMMANDS[read.command]?.(service, read)));
      });
    return 0;
  } finally {
    await database.close();
  }
});
