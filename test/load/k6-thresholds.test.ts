import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { run, THRESHOLDS_CROSSED } from '../support/clients/k6';

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
