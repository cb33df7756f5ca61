import { breakerPresets, CallTimedOut } from '../../../src/platform/circuit-breaker/breaker';
import { BusinessError, given, useFakeTime } from './given';

useFakeTime();

describe('time limit', () => {
  it('answers a hung call at its limit and counts a failure', async () => {
    const { begin, events } = given();
    const hung = begin(500);
    await jest.advanceTimersByTimeAsync(499);
    expect(events).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    const error = await hung.answer;
    expect(error).toBeInstanceOf(CallTimedOut);
    expect(error).toMatchObject({ breaker: 'queueService', timeoutMs: 500 });
    expect(events).toEqual(['timeout']);
  });

  it('opens through hung calls alone', async () => {
    const { breaker, begin } = given();
    for (let i = 0; i < 50; i++) begin(500);
    await jest.advanceTimersByTimeAsync(500);
    expect(breaker.state).toBe('open');
  });

  it('holds each call to its own limit', async () => {
    const { begin, events } = given();
    const slow = begin(900);
    const quick = begin(100);
    await jest.advanceTimersByTimeAsync(100);
    expect(await quick.answer).toMatchObject({ timeoutMs: 100 });
    await jest.advanceTimersByTimeAsync(799);
    await slow.succeed();
    expect(events).toEqual(['timeout', 'success']);
  });

  it('takes the breaker’s own limit, else 2 s, when the call names none', async () => {
    const hang = () => new Promise<never>(() => undefined);
    const { breaker } = given();
    const { breaker: strict } = given({ ...breakerPresets.study, timeoutMs: 300 });
    const answers = [breaker.run(hang), strict.run(hang)].map((call) =>
      call.catch((error: unknown) => error),
    );
    await jest.advanceTimersByTimeAsync(2_000);
    expect(await Promise.all(answers)).toMatchObject([{ timeoutMs: 2_000 }, { timeoutMs: 300 }]);
  });

  it.each([0, -5, Number.NaN])('never takes %p for no limit', async (timeoutMs) => {
    const { begin, count } = given();
    const hung = begin(timeoutMs);
    await jest.advanceTimersByTimeAsync(1);
    expect(await hung.answer).toBeInstanceOf(CallTimedOut);
    expect(count('timeout')).toBe(1);
  });

  it('ignores what a timed-out action does later, and leaves no unhandled rejection', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const { begin, fail, breaker, events } = given();
    await fail(48);
    const [one, another] = [begin(500), begin(400)];
    await jest.advanceTimersByTimeAsync(400); // the 49th failure
    await another.fail();
    await another.succeed();
    expect(breaker.state).toBe('closed');
    await jest.advanceTimersByTimeAsync(100); // the 50th
    await one.fail();
    jest.useRealTimers();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(events.slice(48)).toEqual(['timeout', 'timeout', '→ open']);
  });

  it('takes a socket’s ETIMEDOUT for what it is, an error of the action', async () => {
    const { breaker, events } = given();
    const socketError = Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' });
    await expect(breaker.run(() => Promise.reject(socketError))).rejects.toBe(socketError);
    expect(events).toEqual(['failure']);
  });

  it('counts a hung trial call as a failed one', async () => {
    const { breaker, begin, fail, succeed, halfOpen } = given();
    await halfOpen();
    begin(500);
    await fail(4);
    await succeed(5);
    expect(breaker.state).toBe('half_open');
    await jest.advanceTimersByTimeAsync(500);
    expect(breaker.state).toBe('open');
  });

  it('leaves no timer behind a call that has ended', async () => {
    const { succeed, fail, ignore } = given();
    await succeed(3);
    await fail(3);
    await ignore(3);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a call that began in an earlier state', () => {
  it('does not take part in the trial, and its caller has its result', async () => {
    const { breaker, begin, halfOpen, count } = given();
    const old = Array.from({ length: 30 }, () => begin());
    await halfOpen();
    for (const call of old.slice(0, 10)) expect(await call.succeed()).toBe('done');
    for (const call of old.slice(10, 20)) expect(await call.fail()).toEqual(new Error('down'));
    for (const call of old.slice(20)) expect(await call.ignore()).toEqual(new BusinessError('no seat'));
    expect(count('late')).toBe(30);
    expect(breaker.state).toBe('half_open');
    const trial = Array.from({ length: 11 }, () => begin());
    expect(trial.filter((call) => call.admitted())).toHaveLength(10); // old business errors give no places
    for (const call of trial.slice(0, 9)) await call.succeed();
    expect(breaker.state).toBe('half_open');
    await trial[9]?.succeed();
    expect(breaker.state).toBe('closed');
  });

  it('does not count in the window of a breaker that has closed again', async () => {
    const { breaker, begin, fail, succeed, halfOpen } = given();
    const old = Array.from({ length: 60 }, () => begin());
    await halfOpen();
    await succeed(10);
    for (const call of old) await call.fail();
    expect(breaker.state).toBe('closed');
    await fail(49);
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('does not count when it times out later', async () => {
    const { breaker, begin, succeed, halfOpen, count } = given();
    const old = Array.from({ length: 10 }, () => begin(30_500));
    await halfOpen();
    await jest.advanceTimersByTimeAsync(500);
    expect(await old[0]?.answer).toBeInstanceOf(CallTimedOut);
    expect(count('late')).toBe(10);
    expect(breaker.state).toBe('half_open');
    await succeed(10);
    expect(breaker.state).toBe('closed');
  });

  it('is discarded among 1000 in flight when the breaker opens', async () => {
    const { breaker, begin, events, count } = given();
    const calls = Array.from({ length: 1_000 }, () => begin());
    await Promise.all(calls.slice(0, 500).map((call) => call.fail()));
    expect(count('failure')).toBe(50);
    expect(count('late')).toBe(450);
    await jest.advanceTimersByTimeAsync(10_000);
    await Promise.all(calls.slice(500).map((call) => call.fail()));
    expect(count('late')).toBe(950);
    expect(events.filter((event) => event.startsWith('→'))).toEqual(['→ open']);
    expect(breaker.retryAfterMs).toBe(20_000); // they don't prolong it either
  });
});

describe('shutdown', () => {
  it('clears the timer of an open breaker', async () => {
    const { breaker, open } = given();
    await open();
    expect(jest.getTimerCount()).toBe(1);
    breaker.shutdown();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('refuses new calls and lets those in flight end, within their limit', async () => {
    const { breaker, begin } = given();
    const [quick, hung] = [begin(), begin(500)];
    breaker.shutdown();
    expect(breaker.state).toBe('open');
    expect(await begin().answer).toMatchObject({ name: 'CircuitOpen', retryAfterMs: 0 });
    expect(await quick.succeed()).toBe('done');
    await jest.advanceTimersByTimeAsync(500);
    expect(await hung.answer).toBeInstanceOf(CallTimedOut);
  });

  it('stays shut, without a timer, when calls in flight fail', async () => {
    const { breaker, begin } = given();
    const calls = Array.from({ length: 60 }, () => begin());
    breaker.shutdown();
    for (const call of calls) await call.fail();
    expect(jest.getTimerCount()).toBe(0);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(begin().admitted()).toBe(false);
  });
});
