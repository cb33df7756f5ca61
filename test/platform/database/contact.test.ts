import { Breaker, breakerPresets } from '../../../src/platform/circuit-breaker/breaker';
import { DatabaseContact } from '../../../src/platform/database/connection/contact';
import { DatabaseUnavailable } from '../../../src/platform/database/database';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const LATE_MS = 5000;

describe('the probe beside the breaker', () => {
  useVirtualTime();

  function given() {
    const database = {
      isAway: false,
      lostAtMs: -Infinity,
      execute(): Promise<number> {
        return this.isAway ? Promise.reject(new DatabaseUnavailable(new Error('away'))) : Promise.resolve(0);
      },
    };
    const breaker = new Breaker('concertService', breakerPresets.study, { isIgnored: () => false });
    const contact = new DatabaseContact(database as never, breaker, LATE_MS);
    const call = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) await breaker.run(() => database.execute()).catch(() => undefined);
    };
    return { database, breaker, contact, call };
  }

  it('makes the breaker forget what failed while the database was away', async () => {
    const { database, breaker, contact, call } = given();
    database.isAway = true;
    await expect(contact.probe()).rejects.toThrow(DatabaseUnavailable);
    await call(49);
    database.isAway = false;
    await contact.probe();
    await call(100);
    expect(breaker.state).toBe('closed');
    breaker.shutdown();
  });

  it('closes a breaker that has opened meanwhile', async () => {
    const { database, breaker, contact, call } = given();
    database.isAway = true;
    await contact.probe().catch(() => undefined);
    await call(50);
    expect(breaker.state).toBe('open');
    database.isAway = false;
    await contact.probe();
    expect(breaker.state).toBe('closed');
    breaker.shutdown();
  });

  afterEach(() => jest.useRealTimers());

  it('tries a breaker again soon that has opened at a database that was not away, as behind a long lock', async () => {
    jest.useFakeTimers();
    const { database, breaker, contact, call } = given();
    database.isAway = true; // for its work only
    await call(50);
    database.isAway = false;
    await jest.advanceTimersByTimeAsync(DatabaseContact.TRIAL_AFTER_MS - 1);
    await contact.probe();
    expect(breaker.state).toBe('open');
    await jest.advanceTimersByTimeAsync(1);
    await contact.probe();
    expect(breaker.state).toBe('half_open');
    database.isAway = true; // it is locked still
    await call(10);
    expect(breaker.state).toBe('open');
    database.isAway = false;
    await jest.advanceTimersByTimeAsync(DatabaseContact.TRIAL_AFTER_MS);
    await contact.probe();
    await call(10);
    expect(breaker.state).toBe('closed');
    breaker.shutdown();
  });

  it('leaves it what it has seen of a database that was not away', async () => {
    const { database, breaker, contact, call } = given();
    database.isAway = true; // for its work only: the probe does not see it
    await call(49);
    database.isAway = false;
    await contact.probe();
    await call(1);
    expect(breaker.state).toBe('open');
    breaker.shutdown();
  });
});
