import type { RequestListener } from 'node:http';
import request, { type Response } from 'supertest';
import { isRefusal, Unavailable } from '../../../src/common/errors';
import { GateRefused } from '../../../src/modules/waiting-room/errors';
import type { Passed } from '../../../src/modules/waiting-room/tokens/gates/gate';
import { siteverifyAt } from '../../../src/modules/waiting-room/tokens/gates/siteverify';
import { Turnstile } from '../../../src/modules/waiting-room/tokens/gates/turnstile';
import { Breaker, CircuitOpen } from '../../../src/platform/circuit-breaker/breaker';
import { createLogger } from '../../../src/platform/observability/logger';
import { outcome } from '../../support/clients/buyer';
import { uniqueQueueId } from '../../support/config';
import { SiteverifyServer } from '../../support/servers/siteverify-server';
import { useService } from '../../support/suite';

const SECRET = '0x4AAAAAAA-widget-secret';
const HOST = 'tickets.example';
const GEN = 3;
const shop = new SiteverifyServer(SECRET);

beforeAll(() => shop.open());
afterEach(() => (shop.answer = shop.verify));
afterAll(() => shop.close());

interface Rules {
  secret?: string;
  isOpenOnFailure?: boolean;
  timeoutMs?: number;
}

function gateWith({ secret = SECRET, isOpenOnFailure = false, timeoutMs = 20_000 }: Rules = {}): {
  gate: Turnstile;
  breaker: Breaker;
} {
  const settings = {
    window: 4,
    minimumCalls: 4,
    failureRateThreshold: 50,
    openMs: 3_600_000,
    halfOpenCalls: 1,
    timeoutMs: 60_000,
  };
  const breaker = new Breaker('turnstileService', settings, { isIgnored: isRefusal });
  const rules = { hostnames: [HOST, 'www.tickets.example'], action: 'queue', isOpenOnFailure };
  const siteverify = siteverifyAt(shop.url, { secret, timeoutMs });
  return { gate: new Turnstile(siteverify, rules, breaker, createLogger('silent', 'test')), breaker };
}

const verify = async (
  gate: Turnstile,
  response: string | undefined,
  { nowMs = Date.now(), gen = GEN } = {},
): Promise<Passed> =>
  gate.verify({
    userId: 7,
    proof: response === undefined ? undefined : { response },
    nowMs,
    gen,
    queueId: 'main',
    authorization: undefined,
  });

describe('the response of a widget', () => {
  let gate: Turnstile;
  let breaker: Breaker;
  beforeAll(() => ({ gate, breaker } = gateWith()));
  afterAll(() => breaker.shutdown());

  it('passes for this page and purpose, and again for the same request', async () => {
    const response = shop.solve();
    const first = await verify(gate, response);
    expect(first.isVerified).toBe(true);
    expect(await verify(gate, response)).toEqual(first); // a client that lost the answer asks again
    expect((await verify(gate, shop.solve())).proof.id).not.toBe(first.proof.id);
  });

  it.each<[string, () => string | undefined, RegExp]>([
    ['is missing', () => undefined, /no response/],
    ['was never given', () => 'invented', /invalid-input-response/],
    ['is of another page', () => shop.solve({ hostname: 'evil.example' }), /another page/],
    ['is for something else', () => shop.solve({ action: 'login' }), /something else/],
    ['has expired', () => shop.solve({ solvedAtMs: Date.now() - 301_000 }), /timeout-or-duplicate/],
  ])('is refused when it %s', async (_what, response, why) => {
    const refusal = await verify(gate, response()).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(GateRefused);
    expect(String(refusal)).toMatch(why);
    expect(breaker.state).toBe('closed');
  });

  it('is refused by its age, also if siteverify should repeat an old reply', async () => {
    const response = shop.solve();
    await verify(gate, response);
    await expect(verify(gate, response, { nowMs: Date.now() + 311_000 })).rejects.toThrow('too old');
  });

  it('is refused after Redis has lost what was spent: the next generation asks by another key', async () => {
    const response = shop.solve();
    await verify(gate, response);
    await expect(verify(gate, response, { gen: GEN + 1 })).rejects.toThrow('timeout-or-duplicate');
  });
});

describe('while nobody verifies', () => {
  const FAILURES: [string, RequestListener][] = [
    ['answers 500', (_req, res) => void res.writeHead(500).end('{"success":true}')],
    ['redirects', (_req, res) => void res.writeHead(302, { location: shop.url }).end()],
    ['answers no JSON', (_req, res) => void res.end('<html>')],
    ['answers something else', (_req, res) => void res.end('{"success":"yes"}')],
    ['has failed', (_req, res) => void res.end('{"success":false,"error-codes":["internal-error"]}')],
    ['answers too much', (_req, res) => void res.end(`{"success":true,"x":"${'x'.repeat(20_000)}"}`)],
    ['breaks off', (req) => void req.socket.destroy()],
  ];

  it.each(FAILURES)('a token is refused for now, when siteverify %s', async (_what, answer) => {
    const { gate, breaker } = gateWith();
    shop.answer = answer;
    await expect(verify(gate, shop.solve())).rejects.toBeInstanceOf(Unavailable);
    breaker.shutdown();
  });

  it('a token is refused for now, when siteverify does not answer in time', async () => {
    const { gate, breaker } = gateWith({ timeoutMs: 1 });
    shop.answer = () => undefined;
    await expect(verify(gate, shop.solve())).rejects.toBeInstanceOf(Unavailable);
    breaker.shutdown();
  });

  it('the breaker opens, and siteverify is asked no more', async () => {
    const { gate, breaker } = gateWith();
    shop.answer = (_req, res) => void res.writeHead(500).end();
    for (let call = 0; call < 4; call++)
      await expect(verify(gate, shop.solve())).rejects.toBeInstanceOf(Unavailable);
    const { calls } = shop;
    await expect(verify(gate, shop.solve())).rejects.toBeInstanceOf(CircuitOpen);
    expect(shop.calls).toBe(calls);
    breaker.shutdown();
  });

  it('everybody who sends a response passes, if the configuration says so, and each response once', async () => {
    const { gate, breaker } = gateWith({ isOpenOnFailure: true });
    shop.answer = (_req, res) => void res.writeHead(500).end();
    const passed = await verify(gate, 'anything');
    expect(passed.isVerified).toBe(false);
    expect((await verify(gate, 'anything')).proof.id).toBe(passed.proof.id);
    await expect(verify(gate, undefined)).rejects.toBeInstanceOf(GateRefused);
    breaker.shutdown();
  });

  it('nobody passes with a wrong secret, whatever the configuration says', async () => {
    const { gate, breaker } = gateWith({ isOpenOnFailure: true, secret: 'a typing error' });
    await expect(verify(gate, shop.solve())).rejects.toBeInstanceOf(Unavailable);
    breaker.shutdown();
  });
});

describe('TOKEN_GATE=turnstile', () => {
  const OWN = uniqueQueueId();
  const app = useService({
    TOKEN_GATE: 'turnstile',
    get TOKEN_TURNSTILE_URL() {
      return shop.url; // known when it is open
    },
    TOKEN_TURNSTILE_SECRET: SECRET,
    TOKEN_TURNSTILE_TIMEOUT_MS: 30_000,
    TOKEN_TURNSTILE_HOSTNAMES: HOST.toUpperCase(),
    QUEUES: `${OWN}=1000`,
  });
  const ask = async (userId: number, response?: string, queueId?: string): Promise<Response> =>
    request(app.url)
      .post('/v1/api/queue/token')
      .send({ userId, queueId, ...(response !== undefined && { proof: { response } }) });

  it('gives a token for a response: the same again, none to another user or queue, and none without', async () => {
    const [userId, other] = [await app.given.user(), await app.given.user()];
    const response = shop.solve();
    const first = await ask(userId, response);
    expect(outcome(first)).toBe('200');
    expect((await ask(userId, response)).text).toBe(first.text);
    expect(await spent(ask(other, response))).toBe(true);
    expect(outcome(await ask(other, shop.solve()))).toBe('200');
    expect(await spent(ask(other, response))).toBe(true); // not for the entry that the other user has by now, either
    expect(await spent(ask(userId, response, OWN))).toBe(true);
    expect(outcome(await ask(userId))).toBe('403 403');
    expect(outcome(await ask(userId, 'invented'))).toBe('403 403');
    expect(outcome(await ask(userId, 'x'.repeat(2049)))).toBe('400 400');
  });

  it('answers 503 with Retry-After while siteverify is away', async () => {
    shop.answer = (_req, res) => void res.writeHead(500).end();
    const answer = await ask(await app.given.user(), shop.solve());
    expect([outcome(answer), answer.headers['retry-after']]).toEqual(['503 503', '1']);
  });

  const spent = async (answer: Promise<Response>): Promise<boolean> => {
    const { status, text } = await answer;
    return status === 403 && text.includes('spent');
  };
});
