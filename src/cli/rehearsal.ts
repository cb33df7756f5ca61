import 'reflect-metadata';
import { withAdvisoryLock } from '../platform/database/advisory-lock';
import { openDatabase } from '../platform/database/connection/ready';
import { RehearsalRepository } from '../modules/rehearsal/repository';
import { RehearsalService } from '../modules/rehearsal/service';
import { print, readArguments, runTool, toolConfig, UsageError, wholeNumber } from './support/tool';

const USAGE = `Usage: node dist/cli/rehearsal.js prepare --queue ID --users N --seats N
       node dist/cli/rehearsal.js keep --rehearsal ID --capacity N [--at-least]
       node dist/cli/rehearsal.js remove
The rows of rehearsals, as npm run load -- rehearse makes and removes them (DATABASE_ADMIN_URL, else DATABASE_URL).
  prepare  removes what is left of others, makes a hidden concert and test users, and prints their ids as JSON
  keep     lets the admission controller begin with eight tenths of this number of active users; --at-least: more may be
           possible, so it never begins with less than before
  remove   removes all that rehearsals have made`;

const COMMANDS = ['prepare', 'keep', 'remove'];
const WORK_MS = 10 * 60_000;
const MOST = 10_000_000;

function wanted(): {
  command: string;
  queueId: string;
  number: (option: string) => number;
  isLimit: boolean;
} {
  const { positionals, values } = readArguments({
    allowPositionals: true,
    options: {
      queue: { type: 'string' },
      users: { type: 'string' },
      seats: { type: 'string' },
      rehearsal: { type: 'string' },
      capacity: { type: 'string' },
      'at-least': { type: 'boolean', default: false },
    },
  });
  const [command = '', ...more] = positionals;
  if (!COMMANDS.includes(command) || more.length > 0)
    throw new UsageError(`There is no command "${positionals.join(' ')}".`);
  const { queue = '' } = values;
  if (command === 'prepare' && queue === '') throw new UsageError('--queue ID is missing.');
  const number = (option: string): number => {
    const value = values[option as 'users' | 'seats' | 'rehearsal' | 'capacity'] ?? '';
    return wholeNumber(`--${option}`, value, { min: 1, max: MOST });
  };
  return { command, queueId: queue, number, isLimit: !values['at-least'] };
}

runTool(USAGE, async () => {
  const { command, queueId, number, isLimit } = wanted();
  const url = toolConfig().DATABASE_ADMIN_URL;
  const database = await openDatabase({ url, timeoutMs: WORK_MS });
  const service = new RehearsalService(new RehearsalRepository(database));
  try {
    await withAdvisoryLock(database, 'rehearsal', print, async () => {
      if (command === 'prepare') {
        const stage = await service.prepare({ queueId, users: number('users'), seats: number('seats') });
        print(JSON.stringify(stage));
      } else if (command === 'keep')
        await service.keep(number('rehearsal'), { capacity: number('capacity'), isLimit });
      else print(JSON.stringify({ removed: await service.removeAll() }));
    });
    return 0;
  } finally {
    await database.close();
  }
});
