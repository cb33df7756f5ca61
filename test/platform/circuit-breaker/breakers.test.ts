import { Conflict, Unavailable } from '../../../src/common/errors';
import { Breakers } from '../../../src/modules/operations/breakers';
import { createLogger } from '../../../src/platform/observability/logger';
import { BreakerMetrics } from '../../../src/platform/circuit-breaker/metrics';
import { Metrics } from '../../../src/platform/observability/metrics';
import { testConfig } from '../../support/config';

const SLACK_MS = 500;

function given(overrides: Record<string, string | number> = {}) {
  const lines: { level: string; msg: string; breaker?: string; state?: string }[] = [];
  const logger = createLogger('info', 'test', {
    write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]),
  });
  const metrics = new BreakerMetrics(new Metrics());
  const breakers = new Breakers(testConfig(overrides), metrics, logger);
  const series = async (name: string): Promise<Record<string, number>> => {
    const found = await metrics.registry.getSingleMetric(name)?.get();
    return Object.fromEntries(
      (found?.values ?? []).map(({ labels, value }) => [Object.values(labels).join(' '), value]),
    );
  };
  return { breakers, lines, series };
}

const fail = (error: Error) => () => Promise.reject(error);
const hang = () => new Promise<never>(() => undefined);

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('the two breakers of the product', () => {
  it('tell in metrics what state each is in, from the start', async () => {
    const { series } = given();
    expect(await series('concert_breaker_state')).toEqual({
      'queueService closed': 1,
      'queueService half_open': 0,
      'queueService open': 0,
      'concertService closed': 1,
      'concertService half_open': 0,
      'concertService open': 0,
    });
  });

  it('show in metrics and in the log that one has changed and the other has not', async () => {
    const { breakers, lines, series } = given();
    for (let i = 0; i < 50; i++)
      await breakers.concert.run(fail(new Unavailable('The database'))).catch(() => undefined);
    expect([breakers.concert.state, breakers.queue.state]).toEqual(['open', 'closed']);
    expect(await series('concert_breaker_state')).toMatchObject({
      'concertService closed': 0,
      'concertService half_open': 0,
      'concertService open': 1,
      'queueService closed': 1,
      'queueService open': 0,
    });
    expect(lines).toMatchObject([
      { level: 'warn', msg: 'breaker changed state', breaker: 'concertService', state: 'open' },
    ]);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(await series('concert_breaker_state')).toMatchObject({
      'concertService open': 0,
      'concertService half_open': 1,
    });
  });

  it('count calls by outcome', async () => {
    const { breakers, series } = given();
    await breakers.queue.run(() => Promise.resolve());
    await breakers.queue.run(fail(new Error('down'))).catch(() => undefined);
    await breakers.concert.run(fail(new Conflict('no'))).catch(() => undefined);
    expect(await series('concert_breaker_calls_total')).toEqual({
      'queueService success': 1,
      'queueService failure': 1,
      'concertService ignored': 1,
    });
  });

  it.each([
    ['a refusal (4xx)', new Conflict('no'), 'ignored'],
    ['an error of ours (500)', new Error('a bug'), 'failure'],
    ['a store that is away (503)', new Unavailable('The database'), 'failure'],
    ['what nobody foresaw', new TypeError('x is undefined'), 'failure'],
  ])('take %s for what it says of the store', async (_what, error, as) => {
    const { breakers, series } = given();
    await breakers.concert.run(fail(error)).catch(() => undefined);
    expect(await series('concert_breaker_calls_total')).toEqual({ [`concertService ${as}`]: 1 });
  });

  it('let the drivers’ own time limits speak first', async () => {
    const { breakers } = given({
      REDIS_TIMEOUT_MS: 700,
      DATABASE_ACQUIRE_TIMEOUT_MS: 1000,
      DATABASE_TIMEOUT_MS: 3000,
    });
    const answers = [breakers.queue, breakers.concert].map((breaker) =>
      breaker.run(hang).catch((error: unknown) => error),
    );
    await jest.advanceTimersByTimeAsync(10_000);
    expect(await Promise.all(answers)).toMatchObject([
      { timeoutMs: 700 + SLACK_MS },
      { timeoutMs: 3000 + 1000 + 3000 + SLACK_MS }, // the wait for a batch, for a connection, the transaction
    ]);
  });

  it('go by BREAKER_PRESET', async () => {
    const { breakers } = given({ BREAKER_PRESET: 'tuned' });
    for (let i = 0; i < 50; i++) await breakers.queue.run(fail(new Error('down'))).catch(() => undefined);
    expect(breakers.queue.retryAfterMs).toBe(10_000);
  });

  it('refuse everything once they are shut down', () => {
    const { breakers } = given();
    breakers.shutdown();
    expect([breakers.queue.state, breakers.concert.state]).toEqual(['open', 'open']);
  });
});
