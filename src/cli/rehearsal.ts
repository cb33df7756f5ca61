import 'reflect-metadata';
import { withAdvisoryLock } from '../platform/database/advisory-lock';
import { openDatabase } from '../platform/database/connection/ready';
import { RehearsalRepository } from '../modules/rehearsal/repository';
import { RehearsalRequests } from '../modules/rehearsal/requests';
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

const USAGE = `Usage: node dist/cli/rehearsal.js request --wanted JSON
       node dist/cli/rehearsal.js next
       node dist/cli/rehearsal.js prepare --rehearsal ID
       node dist/cli/rehearsal.js finish --rehearsal ID --outcome JSON | --failure TEXT
       node dist/cli/rehearsal.js remove
The rows of rehearsals, as npm run load -- rehearse makes and removes them (DATABASE_ADMIN_URL, else DATABASE_URL).
  request  asks for a rehearsal, as operators do on their page, and prints its id
  next     prints the rehearsal that waits, if there is one
  prepare  removes what is left of others, makes a hidden concert and test users, and prints their ids as JSON
  finish   keeps what it has shown; the admission controller begins with eight tenths of its capacity
  remove   removes all that rehearsals have made`;

const WORK_MS = 10 * 60_000;
const MOST = 10_000_000;

interface Wanted {
  command: string;
  id: () => number;
  json: (option: 'wanted' | 'outcome') => unknown;
  failure: string | undefined;
}

function wanted(): Wanted {
  const { positionals, values } = readArguments({
    allowPositionals: true,
    options: {
      rehearsal: { type: 'string' },
      wanted: { type: 'string' },
      outcome: { type: 'string' },
      failure: { type: 'string' },
    },
  });
  const [command = '', ...more] = positionals;
  if (!Object.keys(COMMANDS).includes(command) || more.length > 0)
    throw unknownCommand(positionals.join(' '), Object.keys(COMMANDS));
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
  };
}

const COMMANDS: Record<string, (service: RehearsalService, wanted: Wanted) => Promise<unknown>> = {
  request: async (service, { json }) => ({
    rehearsalId: await service.request(RehearsalWanted.parse(json('wanted'))),
  }),
  next: async (service) => (await service.next()) ?? {},
  prepare: async (service, { id }) => service.prepare(id()),
  finish: async (service, { id, json, failure }) => {
    await service.finish(id(), failure ?? RehearsalOutcome.parse(json('outcome')));
    return {};
  },
  remove: async (service) => ({ removed: await service.removeAll() }),
};

runTool(USAGE, async () => {
  const read = wanted();
  const url = toolConfig().DATABASE_ADMIN_URL;
  const database = await openDatabase({ url, timeoutMs: WORK_MS });
  const service = new RehearsalService(new RehearsalRepository(database), new RehearsalRequests(database));
  try {
    await withAdvisoryLock(database, 'rehearsal', print, async () => {
      print(JSON.stringify(await COMMANDS[read.command]?.(service, read)));
    });
    return 0;
  } finally {
    await database.close();
  }
});
