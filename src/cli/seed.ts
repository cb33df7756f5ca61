import 'reflect-metadata';
import { monotonicMs } from '../common/clock';
import type { Database } from '../platform/database/database';
import { openDatabase } from '../platform/database/connection/ready';
import { withAdvisoryLock } from '../platform/database/advisory-lock';
import { hasUsers, seedUsers } from './seed/users';
import { readSeedOptions, type SeedOptions, USAGE } from './seed/options';
import { ShopSeed } from './seed/shop';
import { seedProgramme } from './seed/programme';
import { startProgress } from './support/progress';
import { hasUpcomingDates, renewDates } from './seed/renewal';
import { print, runTool, toolConfig } from './support/tool';

/** Time limit of the whole run, including its wait for another one. */
const RUN_MS = 6 * 3_600_000;

const count = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;

async function seed(
  database: Database,
  { users, concerts, dates, seats, shop }: SeedOptions,
): Promise<string> {
  const progress = startProgress('seed', users + concerts * dates * seats);
  const onProgress = (done: number): void => progress.advance(done);
  try {
    const added = await seedProgramme(database, { concerts, dates, seats }, onProgress);
    const addedUsers = await seedUsers(database, users, onProgress); // last: --if-empty takes users for a complete run
    // Else the optimizer goes by what it knew of empty tables until its statistics catch up: a list took 50 ms for 2.
    await database.query('ANALYZE TABLE member, concert, concert_schedule, concert_seat');
    const addedShows = shop ? await new ShopSeed(database, toolConfig()).add() : 0;
    return [
      ...(shop ? [count(addedShows, 'show')] : []),
      count(addedUsers, 'user'),
      count(added.concerts, 'concert'),
      count(added.dates, 'date'),
      count(added.seats, 'seat'),
    ].join(', ');
  } finally {
    progress.stop();
  }
}

runTool(USAGE, async () => {
  const options = readSeedOptions();
  const startedAt = monotonicMs();
  const database = await openDatabase({
    url: toolConfig().DATABASE_ADMIN_URL,
    timeoutMs: RUN_MS,
    patienceMs: options.patienceMs,
    report: print,
  });
  try {
    await withAdvisoryLock(database, 'seed', print, async () => {
      const leave = options.ifEmpty && (await hasUsers(database));
      const renewed = await renewDates(database);
      const added = leave ? 'nothing (there are users already)' : await seed(database, options);
      const seconds = ((monotonicMs() - startedAt) / 1000).toFixed(1);
      print(`seeded ${added}; moved ${count(renewed, 'past date')} ahead; ${seconds} s`);
      if (!(await hasUpcomingDates(database)))
        print('no date is upcoming: run seed without --if-empty to add new ones');
    });
    return 0;
  } finally {
    await database.close();
  }
});
