import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Scratch } from '../support/rows/scratch';
import { Given } from '../support/rows/given';
import { startTestService } from '../support/service';

const SCRIPTS = 'arrival attack breakpoint check crowd purchase schedule seat soak spike study token'.split(
  ' ',
);
const USERS = 300;
const THRESHOLDS_CROSSED = 99;
/** This machine is busy with other tests: latency is not what is proved here. */
const SLOW_IS_FINE = { P99_MS: 20_000, P95_MS: 20_000 };

interface Metric {
  values: Record<string, number>;
}
interface Ran {
  code: number | null;
  output: string;
  summary: {
    metrics: Record<string, Metric | undefined>;
    capacity?: { rate: number; brokeAt: number | null };
  };
  count(metric: string): number;
}

const folder = mkdtempSync(join(tmpdir(), 'k6-scripts-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function k6(
  args: string[],
  env: Record<string, string | number>,
): Promise<{ code: number | null; output: string }> {
  const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
  const child = spawn(process.env.K6 ?? 'k6', ['--address', '', ...args], {
    cwd: join(__dirname, '../../k6'),
    env: { ...process.env, K6_NO_USAGE_REPORT: 'true', ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

const inspect = (script: string, env: Record<string, string> = {}): ReturnType<typeof k6> =>
  k6(['inspect', '--include-system-env-vars', `${script}.ts`], env);

let runs = 0;

async function run(script: string, env: Record<string, string | number>): Promise<Ran> {
  const file = join(folder, `${script}-${++runs}.json`);
  const ended = await k6(['run', '--quiet', `${script}.ts`], {
    USERS,
    THINK: 0.05,
    SUMMARY: file,
    ...SLOW_IS_FINE,
    ...env,
  });
  let summary: Ran['summary'];
  try {
    summary = JSON.parse(readFileSync(file, 'utf8')) as Ran['summary'];
  } catch (error) {
    throw new Error(`${script} has left no summary: ${ended.output}`, { cause: error });
  }
  return { ...ended, summary, count: (metric) => summary.metrics[metric]?.values.count ?? 0 };
}

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
    const study = await against('study', { DURATION_SCALE: 0.06 });
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
    expect(spike.count('tickets_sold')).toBe((await paid()) - before);
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

interface Reply {
  status?: number;
  headers?: Record<string, string>;
  code?: string;
  data?: unknown;
  delayMs?: number;
}
type Behaviour = (request: IncomingMessage, asked: number) => Reply;

const WELL: Record<string, unknown> = {
  'POST /v1/api/queue/token': { queueToken: 'token' },
  'POST /v1/api/queue/token/check': { queuePosition: 0, status: 'PROGRESS', etaSeconds: 0, pollAfterMs: 0 },
  'GET /v1/api/concerts/schedule': [{ scheduleId: 1, seatStatus: 'AVAILABLE' }],
  'GET /v1/api/concerts/seat': [
    { seatId: 1, amount: 100 },
    { seatId: 2, amount: 100 },
  ],
  'GET /v1/api/user/amount': { amount: 0 },
  'POST /v1/api/user/amount': { amount: 100 },
  'POST /v1/api/concerts/reserve': { reservationId: 1 },
  'POST /v1/api/concerts/payment': { paymentAmount: 100 },
};

describe('against a service that does wrong', () => {
  const servers: ReturnType<typeof createServer>[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close().closeAllConnections()));

  /** Answers as the service does, unless the test wants another answer: `asked` counts the requests of the endpoint. */
  async function fake(behaviour: Record<string, Behaviour>): Promise<string> {
    const asked: Record<string, number> = {};
    const server = createServer((request, response) => {
      const endpoint = `${request.method ?? ''} ${(request.url ?? '').replace(/\?.*/, '')}`;
      asked[endpoint] = (asked[endpoint] ?? 0) + 1;
      const reply = (behaviour[endpoint] ?? behaviour['*'])?.(request, asked[endpoint]) ?? {};
      const { status = 200, headers = {}, code = String(status), data = WELL[endpoint], delayMs = 0 } = reply;
      const body =
        status === 200 ? { data, exception: null } : { data: null, exception: { code, message: '' } };
      setTimeout(() => response.writeHead(status, headers).end(JSON.stringify(body)), delayMs);
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it.each([
    ['study', { DURATION_SCALE: 0.02 }],
    ['purchase', { RATE: 5, DURATION: '1s', AUDIT: 1 }],
    ['seat', { RATE: 5, DURATION: '1s', INSIDERS: 1 }],
  ])('%s fails when all requests fail', async (script, env) => {
    const failed = await run(script, { ...env, BASE_URL: await fake({ '*': () => ({ status: 500 }) }) });
    expect(failed).toMatchObject({ code: THRESHOLDS_CROSSED });
    expect(failed.output).toContain('✗ http_req_failed: rate<0.01');
  });

  it('spike fails when a position goes backwards', async () => {
    const BASE_URL = await fake({
      'POST /v1/api/queue/token/check': (_, asked) => ({
        data: {
          queuePosition: [7, 6, 8][asked - 1] ?? 0,
          status: asked > 3 ? 'PROGRESS' : 'WAITING',
          pollAfterMs: 50,
        },
      }),
    });
    const spike = await run('spike', { PEAK: 1, DURATION: '10m', ABANDON_SHARE: 0, BASE_URL });
    expect(spike).toMatchObject({ code: THRESHOLDS_CROSSED });
    expect(spike.count('queue_position_back')).toBe(1);
    expect(spike.summary.metrics.queue_time?.values.min).toBeGreaterThanOrEqual(150);
  });

  it('purchase fails when a payment takes no money', async () => {
    let balance = 0;
    const BASE_URL = await fake({
      'GET /v1/api/user/amount': () => ({ data: { amount: balance } }),
      'POST /v1/api/user/amount': () => ({ data: { amount: (balance += 100) } }),
    });
    const purchase = await run('purchase', {
      RATE: 2,
      DURATION: '1s',
      ABANDON_SHARE: 0,
      AUDIT: 1,
      PARTY_MAX: 1,
      BASE_URL,
    });
    expect(purchase).toMatchObject({ code: THRESHOLDS_CROSSED });
    expect(purchase.count('balance_differences')).toBe(1); // found by teardown
  });

  it('a buyer retries with the same key after Retry-After, and picks another seat when one is taken', async () => {
    const keys: Record<string, { key: unknown; atMs: number }[]> = {};
    const firstIsRefused =
      (name: string, refusal: Reply): Behaviour =>
      ({ headers }, asked) => {
        (keys[name] ??= []).push({ key: headers['idempotency-key'], atMs: performance.now() });
        return asked === 1 ? refusal : {};
      };
    const BASE_URL = await fake({
      'POST /v1/api/user/amount': firstIsRefused('charge', { status: 503, headers: { 'Retry-After': '2' } }),
      'POST /v1/api/concerts/reserve': firstIsRefused('reserve', { status: 409, code: '004' }),
      'POST /v1/api/concerts/payment': firstIsRefused('payment', {
        status: 409,
        headers: { 'Retry-After': '1' },
      }),
    });
    const spike = await run('spike', { PEAK: 1, DURATION: '10m', ABANDON_SHARE: 0, BASE_URL });
    expect(spike.count('tickets_sold')).toBe(1);
    expect(spike.count('seat_conflicts')).toBe(1);
    const [charge = [], reserve = [], payment = []] = [keys.charge, keys.reserve, keys.payment];
    expect([charge, reserve, payment].map((tries) => tries.length)).toEqual([2, 2, 2]);
    const sameKey = (tries: { key: unknown }[]): boolean => new Set(tries.map(({ key }) => key)).size === 1;
    expect([charge, reserve, payment].map(sameKey)).toEqual([true, false, true]);
    expect((charge[1]?.atMs ?? 0) - (charge[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(1990);
  });

  it('breakpoint ends with the first rate at which the service is too slow', async () => {
    const BASE_URL = await fake({ 'POST /v1/api/queue/token/check': () => ({ delayMs: 600 }) });
    const steps = { START_RATE: 20, STEP_RATE: 20, MAX_RATE: 200, STEP_DURATION: '2s' };
    const found = await run('breakpoint', { ...steps, TARGET: 'check', P99_MS: 300, WAITERS: 5, BASE_URL });
    expect(found).toMatchObject({
      code: THRESHOLDS_CROSSED,
      summary: { capacity: { rate: 0, brokeAt: 20 } },
    });
  });
});
