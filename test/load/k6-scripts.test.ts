import { Scratch } from '../support/rows/scratch';
import { Given } from '../support/rows/given';
import { startTestService } from '../support/service';
import { inspect, type Ran, run, USERS } from '../support/clients/k6';

const SCRIPTS = 'arrival attack breakpoint check crowd purchase schedule seat soak spike study token'.split(
  ' ',
);

describe('a k6 script', () => {
  it.each(SCRIPTS)('%s is valid as it stands', async (script) => {
    const { code, output } = await inspect(script);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('"thresholds"') as string });
  });

  it.each([
    ['study', { USERS: 'many' }, 'USERS is "many": expected a whole number, at least 1'],
    ['study', { BASE_URL: 'localhost' }, 'BASE_URL is "localhost": expected an http(s) URL'],
    ['study', { DURATION_SCALE: '0' }, 'DURATION_SCALE is "0": expected a number above 0'],
    ['token', { RATE: '-5' }, 'RATE is "-5"'],
    ['soak', { DURATION: '10' }, 'DURATION is "10": expected a duration'],
    ['purchase', { ABANDON_SHARE: '1.5' }, 'ABANDON_SHARE is "1.5": expected a number from 0 to 1'],
    ['purchase', { PARTY_MAX: '0' }, 'PARTY_MAX is "0": expected a whole number, at least 1'],
    ['breakpoint', { TARGET: 'pay' }, 'TARGET is "pay": expected mix or token or check'],
    ['spike', { PEAK: '10', USERS: '5' }, 'PEAK is 10: expected at most USERS (5)'],
    ['crowd', { USERS_ACTIVE: '10', USERS: '5' }, 'USERS_ACTIVE is 10: expected at most USERS (5)'],
    [
      'attack',
      { ORDINARY: '10', USERS: '20' },
      'ORDINARY + ATTACKERS × ACCOUNTS is 110: expected at most USERS (20)',
    ],
    ['attack', { DEFENCE: 'captcha' }, 'DEFENCE is "captcha": expected fifo or draw or'],
    ['crowd', { SINGLE_VISIT: 'yes' }, 'SINGLE_VISIT is "yes": expected 0 or 1'],
  ])('%s refuses %j and says why', async (script, env, message) => {
    const { code, output } = await inspect(script, env);
    expect(code).not.toBe(0);
    expect(output.replaceAll('\\"', '"')).toContain(message);
  });
});

describe('against the service', () => {
  let scratch: Scratch;
  let service: Awaited<ReturnType<typeof startTestService>>;

  beforeAll(async () => {
    scratch = await Scratch.migrated();
    const names = Array.from({ length: USERS }, () => "('User')").join(', ');
    await scratch.admin.execute(`INSERT INTO member (name) VALUES ${names}`); // 1 … USERS
    await new Given(scratch.admin).scheduleWithSeats(200, { amount: 70_000 });
    service = await startTestService({ ...scratch.env, QUEUE_MAX_ACTIVE: 10_000 });
  });
  afterAll(async () => {
    await service.stop();
    await scratch.drop();
  });

  const against = (script: string, env: Record<string, string | number>): Promise<Ran> =>
    run(script, { BASE_URL: service.url, ...env });

  const paid = async (): Promise<number> => {
    const [row] = await scratch.admin.query<{ n: number }>(
      "SELECT COUNT(*) AS n FROM payment WHERE status = 'DONE'",
    );
    return Number(row?.n);
  };

  const tickets = async (): Promise<number> => {
    const [row] = await scratch.admin.query<{ n: number }>(
      "SELECT COUNT(*) AS n FROM reservation WHERE status = 'RESERVED'",
    );
    return Number(row?.n);
  };

  it('study: all are let in, nobody steps back', async () => {
    const study = await against('study', { DURATION_SCALE: 0.03 });
    expect(study).toMatchObject({ code: 0 });
    expect(study.count('visits')).toBeGreaterThan(0);
    expect(study.summary.metrics.queue_admitted?.values.rate).toBe(1);
    for (const endpoint of ['token', 'check', 'schedule', 'seat'])
      expect(study.count(`http_req_duration{endpoint:${endpoint}}`)).toBeGreaterThan(0);
  });

  it('arrival: users arrive at the given rate', async () => {
    const arrival = await against('arrival', { RATE: 20, DURATION: '2s', VUS: 60 });
    expect(arrival).toMatchObject({ code: 0 });
    expect(arrival.count('visits')).toBeGreaterThan(0);
  });

  it('spike: the peak comes, and tickets are sold', async () => {
    const before = await paid();
    const spike = await against('spike', { PEAK: 40, DURATION: '10m', ABANDON_SHARE: 0.2 });
    expect(spike).toMatchObject({ code: 0 });
    expect(spike.count('visits')).toBe(40);
    const { passes = 0, fails = 0 } = spike.summary.metrics.found_no_seat?.values ?? {};
    expect(passes + fails).toBe(40);
    expect(spike.count('tickets_sold')).toBe((await paid()) - before);
  });

  it('spike: users who find another seat taken read the list again until there is none', async () => {
    const { id } = await new Given(scratch.admin).scheduleWithSeats(3, { amount: 70_000 });
    const few = { SCHEDULE_ID: id, PEAK: 20, SEAT_TRIES: 1000, ABANDON_SHARE: 0 };
    const spike = await against('spike', { ...few, FIRST_USER: 100, DURATION: '10m' });
    expect(spike.count('tickets_sold')).toBe(3);
    expect(spike.summary.metrics.found_no_seat?.values).toMatchObject({ passes: 17, fails: 3 });
    expect(spike.summary.metrics.gave_up?.values).toMatchObject({ passes: 0, fails: 20 });
  });

  it('crowd: a user who has bought comes again, and every event of an active user is in the time line', async () => {
    const before = await paid();
    const env = { USERS_ACTIVE: 6, THINK: 0.1, SILENT_SHARE: 0.1, TIMELINE: 1 };
    let seconds = 2; // enough for some visits, but on a busy machine
    let crowd = await against('crowd', { ...env, DURATION: `${seconds}s` });
    while (crowd.count('tickets_sold') === 0 && seconds < 120)
      crowd = await against('crowd', { ...env, DURATION: `${(seconds *= 4)}s` });
    expect(crowd).toMatchObject({ code: 0 });
    expect(crowd.count('visits')).toBeGreaterThan(0);
    expect((await paid()) - before).toBeGreaterThanOrEqual(crowd.count('tickets_sold'));
    const countOf = (what: RegExp): number => crowd.output.match(what)?.length ?? 0;
    expect(countOf(/timeline \d{13} visit\b/g)).toBe(crowd.count('visits'));
    expect(countOf(/timeline \d{13} payment [\d.]+ 200\b/g)).toBe(crowd.count('tickets_sold'));
    expect(countOf(/timeline \d{13} admitted\b/g)).toBe(crowd.count('queue_time'));
    expect(countOf(/timeline \d{13} check\b/g)).toBe(0);
  });

  it('crowd: with SINGLE_VISIT nobody comes again', async () => {
    const crowd = await against('crowd', { USERS_ACTIVE: 10, DURATION: '10m', SINGLE_VISIT: 1 });
    expect(crowd).toMatchObject({ code: 0 });
    expect(crowd.count('visits')).toBe(10);
  });

  it('purchase: what is sold is paid, and the balances are what they were', async () => {
    const [before, ticketsBefore] = [await paid(), await tickets()];
    const purchase = await against('purchase', {
      RATE: 15,
      DURATION: '2s',
      VUS: 60,
      ABANDON_SHARE: 0.3,
      AUDIT: 5,
    });
    expect(purchase).toMatchObject({ code: 0 });
    const sold = purchase.count('tickets_sold');
    expect(sold).toBeGreaterThan(0);
    expect(sold).toBe((await tickets()) - ticketsBefore);
    const payments = (await paid()) - before;
    expect(sold).toBeGreaterThan(payments); // some are parties
    expect(purchase.count('holds')).toBeGreaterThanOrEqual(sold);
    expect(purchase.count('balances_compared')).toBe(2 * payments + 5);
    expect(purchase.count('balance_differences')).toBe(0);
  });

  it('attack: says how many of the seats the attackers have got', async () => {
    const before = await paid();
    const env = { ORDINARY: 6, ATTACKERS: 1, ACCOUNTS: 4, ARRIVAL: '200ms', DURATION: '60s' };
    const attack = await against('attack', env);
    expect(attack).toMatchObject({ code: 0 });
    expect(attack.count('tickets_of_ordinary_users')).toBe(6);
    expect(attack.count('tickets_of_attackers')).toBe(4);
    expect((await paid()) - before).toBe(10);
    expect(attack.output).toContain('with 4 accounts get 4 of 10 seats: 40.0 %');
  });

  it('breakpoint: prints the capacity that its summary names', async () => {
    const env = {
      START_RATE: 20,
      STEP_RATE: 20,
      MAX_RATE: 40,
      STEP_DURATION: '2s',
      VUS: 20,
      WAITERS: 20,
      INSIDERS: 5,
    };
    const found = await against('breakpoint', env); // which rate it holds is this machine's affair
    const rate = found.summary.capacity?.rate ?? NaN;
    expect([0, 20, 40]).toContain(rate);
    expect(found.output).toContain(`capacity: ${rate} requests/s`);
  });

  it.each(['token', 'check', 'schedule', 'seat'])('%s: its endpoint alone, at its rate', async (script) => {
    const target = await against(script, { RATE: 40, DURATION: '1s', WAITERS: 20, INSIDERS: 5 });
    expect(target).toMatchObject({ code: 0 });
    expect(target.count('iterations')).toBeGreaterThan(0);
    expect(target.count(`http_reqs{endpoint:${script}}`)).toBeGreaterThan(0);
  });
});
