import type { RunningService } from '../../src/service';
import type { Database } from '../../src/platform/database/database';
import { Buyer } from './clients/buyer';
import { Given, openAdminDatabase } from './rows/given';
import { startTestService } from './service';

/** One running service and the means to furnish it, for the tests of a file. */
export interface Suite {
  url: string;
  queueId: string;
  service: RunningService;
  admin: Database;
  given: Given;
  /** A new user inside, with this balance. */
  buyer(balance?: number): Promise<Buyer>;
  buyers(count: number, balance?: number): Promise<Buyer[]>;
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
    const buyers = (count: number, balance = 0): Promise<Buyer[]> =>
      Promise.all(Array.from({ length: count }, () => buyer(balance)));
    Object.assign(suite, {
      url: service.url,
      queueId: service.queueId,
      service,
      admin,
      given,
      buyer,
      buyers,
    });
  });
  afterAll(async () => {
    await suite.service.stop();
    await suite.admin.close();
  });
  return suite;
}
