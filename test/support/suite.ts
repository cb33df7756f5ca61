import type { RunningService } from '../../src/service';
import type { Role } from '../../src/modules/organizer/operators/service';
import type { Database } from '../../src/platform/database/database';
import { Buyer } from './clients/buyer';
import { Given, openAdminDatabase } from './rows/given';
import { givenOperator, OrganizerClient } from './rows/organizer';
import { startTestService } from './service';

/** Of so few concurrent requests none is ever shed: while the machine stands still, more would be. */
const AT_ONCE = 25;

/** On a busy machine nobody is refused for want of time: for tests whose subject is who wins, or why one is refused. */
export const UNHURRIED = {
  REDIS_TIMEOUT_MS: 60_000,
  LOAD_SHEDDING_MAX_DELAY_MS: 60_000,
  DATABASE_ACQUIRE_TIMEOUT_MS: 60_000,
  DATABASE_TIMEOUT_MS: 60_000,
};

/** One running service and the means to furnish it, for the tests of a file. */
export interface Suite {
  url: string;
  managementUrl: string;
  queueId: string;
  service: RunningService;
  admin: Database;
  given: Given;
  /** A new user inside, with this balance. */
  buyer(balance?: number): Promise<Buyer>;
  buyers(count: number, balance?: number): Promise<Buyer[]>;
  /** A new operator of this role, at the management port. */
  operator(role: Role): Promise<OrganizerClient>;
}

/** Starts a service before the file's tests and stops it after them. */
export function useService(overrides: Record<string, string | number> = {}): Suite {
  const suite = {} as Suite;
  beforeAll(async () => {
    const admin = openAdminDatabase();
    const given = new Given(admin);
    const service = await startTestService({ QUEUE_MAX_ACTIVE: 10_000, ...overrides });
    const buyer = async (balance = 0): Promise<Buyer> =>
      new Buyer(service.url, await given.user(balance)).enter();
    const buyers = async (count: number, balance = 0): Promise<Buyer[]> => {
      const all: Buyer[] = [];
      while (all.length < count) {
        const length = Math.min(AT_ONCE, count - all.length);
        all.push(...(await Promise.all(Array.from({ length }, () => buyer(balance)))));
      }
      return all;
    };
    Object.assign(suite, {
      url: service.url,
      managementUrl: service.managementUrl,
      queueId: service.queueId,
      service,
      admin,
      given,
      buyer,
      buyers,
      operator: async (role: Role) =>
        new OrganizerClient(service.managementUrl, (await givenOperator(admin, role)).key),
    });
  });
  afterAll(async () => {
    await suite.service.stop();
    await suite.admin.close();
  });
  return suite;
}
