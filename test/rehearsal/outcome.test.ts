import { capacityOf, type Second } from '../../k6/runner/rehearsal/capacity';
import { rateOf } from '../../k6/runner/rehearsal/course';
import { readRehearsal } from '../../k6/runner/rehearsal/options';
import { checkForecast, rehearsalVerdict } from '../../k6/runner/rehearsal/section';

const TARGET_MS = 200;
const seconds = (count: number, second: Partial<Second>): Second[] =>
  Array.from({ length: count }, () => ({ active: 100, waiting: 0, limit: 1000, p99Ms: 50, ...second }));

describe('the capacity that a rehearsal has found', () => {
  it('is the most users who were served within the objective for five seconds on end', () => {
    const run = [
      ...seconds(5, { active: 100 }),
      ...seconds(5, { active: 300 }),
      ...seconds(4, { active: 900 }),
    ];
    expect(capacityOf(run, TARGET_MS)).toEqual({ users: 300, isLimit: false });
  });

  it('is a limit when more users were too slow, and does not count those', () => {
    const run = [...seconds(10, { active: 300 }), ...seconds(10, { active: 500, p99Ms: 400 })];
    expect(capacityOf(run, TARGET_MS)).toEqual({ users: 300, isLimit: true });
  });

  it('is a limit when users waited while the limit was used', () => {
    const run = seconds(10, { active: 95, limit: 100, waiting: 50 });
    expect(capacityOf(run, TARGET_MS)).toEqual({ users: 95, isLimit: true });
  });

  it('is not a limit when fewer users were slow for a moment', () => {
    const run = [...seconds(10, { active: 50, p99Ms: 400 }), ...seconds(10, { active: 300 })];
    expect(capacityOf(run, TARGET_MS)).toEqual({ users: 300, isLimit: false });
  });

  it('is unknown when everything was too slow, or nothing was measured', () => {
    expect(capacityOf(seconds(20, { p99Ms: 201 }), TARGET_MS)).toBeUndefined();
    expect(capacityOf(seconds(20, { p99Ms: undefined }), TARGET_MS)).toBeUndefined();
    expect(capacityOf(seconds(4, {}), TARGET_MS)).toBeUndefined();
  });
});

describe('the rate of a rehearsal', () => {
  /** Nothing for ten seconds, ten a second for ten seconds, and the last one after a hold has lapsed. */
  const points = [
    ...Array.from({ length: 10 }, (_, at): [number, number] => [at, 0]),
    ...Array.from({ length: 10 }, (_, i): [number, number] => [10 + i, 10 * (i + 1)]),
    [49, 101],
  ] as [number, number][];

  it('is that of its middle, and unknown where too little was sold', () => {
    expect(rateOf({ points, isSoldOut: true, mostActive: 5 })).toBeCloseTo((91 - 10.1) / 8, 10);
    expect(rateOf({ points: [[1, 1]], isSoldOut: false, mostActive: 1 })).toBeUndefined();
    expect(rateOf({ points: [], isSoldOut: false, mostActive: 0 })).toBeUndefined();
  });
});

describe('the verdict of a rehearsal', () => {
  const outcome = {
    queueId: 'rehearsal',
    users: 1000,
    seats: 100,
    targetMs: TARGET_MS,
    p99Ms: 150,
    failedShare: 0.001,
    isKept: true,
    capacity: { users: 400, isLimit: false },
    sold: 100,
    soldOutAfterSeconds: 30,
    perSecond: 5,
    real: { seats: 1000, buyers: 10_000, forecast: { seconds: 200, low: 190, high: null } },
  };

  it('names objective, capacity and the predicted end', () => {
    expect(rehearsalVerdict(outcome)).toBe(
      'objective kept: p99 150 ms of at most 200 ms, 0.10 % failed; capacity: at least 400 active users at once; ' +
        '1,000 seats for 10,000 users: sold out after 200 s (minute 4), 90 %: 190 to never.',
    );
  });

  it('says what was missed, and what is not known', () => {
    const real = { ...outcome.real, forecast: null };
    expect(rehearsalVerdict({ ...outcome, isKept: false, capacity: null, real })).toMatch(
      /^objective MISSED: .*no capacity was found; 1,000 seats for 10,000 users: no forecast\.$/,
    );
  });
});

describe('the check of a forecast', () => {
  const forecast = { seconds: 110, low: 95, high: 130 };

  it('is right up to a tenth off', () => {
    expect(checkForecast(forecast, 101).isKept).toBe(true);
    expect(checkForecast(forecast, 121)).toEqual({
      isKept: true,
      text: 'forecast right: 110 s (90 %: 95 to 130), sold out after 121 s: -9.1 % of at most 10 %.',
    });
  });

  it('is wrong beyond, and without a forecast or an end', () => {
    expect(checkForecast(forecast, 99).text).toContain('forecast WRONG: 110 s');
    expect(checkForecast(null, 100)).toEqual({ isKept: false, text: 'FORECAST: there was none.' });
    expect(checkForecast(forecast, null).text).toBe('FORECAST: the sale was not sold out.');
  });
});

describe('the arguments of a rehearsal', () => {
  const read = (...args: string[]) => readRehearsal(args, new Date('2030-01-31T10:00:00Z'));

  it('become a run of the spike with its own users and seats', () => {
    const sizes = '--users 500 --seats 100 --minutes 3 --real-seats 900 --real-buyers 9000 THINK=1';
    const queueId = 'r-rehearse-2030-01-31T100000';
    const variables = { THINK: '1', PEAK: '500', USERS: '500', DURATION: '3m', QUEUE: queueId };
    const rehearsed = { users: 500, seats: 100, queueId, waitMinutes: 3, real: { seats: 900, buyers: 9000 } };
    expect(read(...sizes.split(' '))).toMatchObject({ act: 'once', run: { variables }, rehearsed });
    expect(read('--users', '5', '--seats', '1', 'BASE_URL=http://x')).toMatchObject({
      rehearsed: { queueId: 'rehearsal', real: null },
    });
    expect(read('--cleanup')).toEqual({ command: 'rehearse', act: 'cleanup' });
  });

  it('become a second run, of the real sale in its own queue, that shows whether the forecast was right', () => {
    const sizes =
      '--users 5 --seats 2 --queue a --id b --real-seats 9 --real-buyers 90 --check-forecast THINK=1';
    const variables = { THINK: '1', ABANDON_SHARE: '0.1', PEAK: '90', QUEUE: 'a-real' };
    const rehearsed = { users: 90, seats: 9, queueId: 'a-real', real: null };
    expect(read(...sizes.split(' '))).toMatchObject({
      check: { run: { id: 'b-real', variables }, rehearsed },
    });
    expect(read('--users', '5', '--seats', '1')).toMatchObject({ check: undefined });
  });

  it('become a run for each request of an operator, with its own name', () => {
    const command = read('--requests', 'BASE_URL=http://x', 'THINK=1');
    if (command.act !== 'requests') throw new Error('These are no requests.');
    const rehearsed = { users: 7, seats: 3, queueId: 'vip', waitMinutes: 2, real: null };
    expect(command.run(rehearsed, 5)).toMatchObject({
      id: 'rehearse-2030-01-31T100000-5',
      baseUrl: 'http://x',
      variables: { THINK: '1', PEAK: '7', USERS: '7', DURATION: '2m', QUEUE: 'vip' },
    });
  });

  it.each([
    ['--seats 1', '--users is missing.'],
    ['--users 0 --seats 1', '--users must be a whole number from 1 to 1000000, not "0".'],
    ['--users 1 --seats 1 --queue a/b', '--queue: 1 to 64'],
    ['--users 1 --seats 1 --real-seats 5', '--real-buyers is missing.'],
    ['--users 1 --seats 1 --check-forecast', '--check-forecast needs --real-seats and --real-buyers.'],
    ['--requests --check-forecast BASE_URL=http://x', '--requests takes --id and variables alone'],
    ['--users 1 --seats 1 PEAK=3', 'No script here reads PEAK.'],
    ['--users 1 --seats 1 --minutes 121', '--minutes must be at most 120.'],
    ['--cleanup --users 1', '--cleanup takes nothing else.'],
    ['--requests', '--requests needs BASE_URL'],
    ['--requests --users 1 BASE_URL=http://x', '--requests takes --id and variables alone'],
    ['--users 1 --seats 1 --id a/b', '--id: 1 to 50'],
  ])('%s is refused', (args, words) => {
    expect(() => read(...args.split(' '))).toThrow(words);
  });
});
