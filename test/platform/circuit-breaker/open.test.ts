import { breakerPresets, CircuitOpen } from '../../../src/platform/circuit-breaker/breaker';
import { given, useFakeTime } from './given';

useFakeTime();

describe('open', () => {
  it('refuses at once, without calling the action', async () => {
    const { breaker, open, count } = given();
    await open();
    const action = jest.fn();
    await expect(breaker.run(action)).rejects.toThrow(CircuitOpen);
    expect(action).not.toHaveBeenCalled();
    expect(count('refused')).toBe(1);
  });

  it('says in how long to come again', async () => {
    const { breaker, open } = given();
    expect(breaker.retryAfterMs).toBe(0);
    await open();
    expect(breaker.retryAfterMs).toBe(30_000);
    await jest.advanceTimersByTimeAsync(12_345);
    const refusal: unknown = await breaker.run(() => Promise.resolve()).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'CircuitOpen', breaker: 'queueService', retryAfterMs: 17_655 });
  });

  it('refuses until 29,999 ms and lets a trial call through at 30,000 ms', async () => {
    const { breaker, begin, open } = given();
    await open();
    await jest.advanceTimersByTimeAsync(29_999);
    expect(breaker.state).toBe('open');
    expect(breaker.retryAfterMs).toBe(1);
    expect(begin().admitted()).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(breaker.state).toBe('half_open');
    expect(breaker.retryAfterMs).toBe(0);
    expect(begin().admitted()).toBe(true);
  });

  it('does not wait longer because of refused calls', async () => {
    const { breaker, begin, open } = given();
    await open();
    for (let second = 0; second < 30; second++) {
      await begin().answer;
      await jest.advanceTimersByTimeAsync(1_000);
    }
    expect(breaker.state).toBe('half_open');
  });
});

describe('half-open', () => {
  it('admits exactly 10 calls and refuses the 11th', async () => {
    const { breaker, begin, halfOpen, count } = given();
    await halfOpen();
    const trial = Array.from({ length: 11 }, () => begin());
    expect(trial.map((call) => call.admitted())).toEqual([...Array<boolean>(10).fill(true), false]);
    expect(await trial[10]?.answer).toMatchObject({ name: 'CircuitOpen', retryAfterMs: 0 });
    expect(count('refused')).toBe(1);
    expect(breaker.state).toBe('half_open');
  });

  it('does not admit an 11th call when some of the 10 have ended', async () => {
    const { begin, halfOpen } = given();
    await halfOpen();
    const trial = Array.from({ length: 10 }, () => begin());
    for (const call of trial.slice(0, 9)) await call.succeed();
    expect(begin().admitted()).toBe(false);
  });

  it.each(['succeed', 'fail'] as const)('waits for the tenth outcome when nine %s', async (how) => {
    const { breaker, halfOpen, ...calls } = given();
    await halfOpen();
    await calls[how](9);
    expect(breaker.state).toBe('half_open');
    await calls[how]();
    expect(breaker.state).toBe(how === 'succeed' ? 'closed' : 'open');
  });

  it('opens again at 5 failures of 10, for another 30 s', async () => {
    const { breaker, fail, succeed, halfOpen } = given();
    await halfOpen();
    await fail(5);
    await succeed(4);
    expect(breaker.state).toBe('half_open');
    await succeed();
    expect(breaker.state).toBe('open');
    expect(breaker.retryAfterMs).toBe(30_000);
    await jest.advanceTimersByTimeAsync(29_999);
    expect(breaker.state).toBe('open');
    await jest.advanceTimersByTimeAsync(1);
    expect(breaker.state).toBe('half_open');
  });

  it('closes at 4 failures of 10', async () => {
    const { breaker, fail, succeed, halfOpen } = given();
    await halfOpen();
    await succeed(6);
    await fail(4);
    expect(breaker.state).toBe('closed');
    expect(breaker.retryAfterMs).toBe(0);
  });

  it('gives the place of a business error to another call', async () => {
    const { breaker, begin, ignore, halfOpen } = given();
    await halfOpen();
    await ignore(100);
    expect(breaker.state).toBe('half_open');
    const trial = Array.from({ length: 10 }, () => begin());
    expect(begin().admitted()).toBe(false);
    await trial[0]?.ignore();
    const instead = begin();
    expect(instead.admitted()).toBe(true);
    expect(begin().admitted()).toBe(false);
    for (const call of trial.slice(1)) await call.succeed();
    expect(breaker.state).toBe('half_open');
    await instead.succeed();
    expect(breaker.state).toBe('closed');
  });

  it('closes with an empty window: the next opening takes 50 calls again', async () => {
    const { breaker, fail, succeed, halfOpen } = given();
    await halfOpen();
    await succeed(10);
    expect(breaker.state).toBe('closed');
    await fail(49);
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('starts every trial afresh', async () => {
    const { breaker, fail, succeed, halfOpen } = given();
    await halfOpen();
    await fail(10);
    await jest.advanceTimersByTimeAsync(30_000);
    await succeed(6);
    await fail(4);
    expect(breaker.state).toBe('closed');
  });

  it('waits for its ten also when the minimum is smaller', async () => {
    const { breaker, succeed, halfOpen } = given({ ...breakerPresets.study, minimumCalls: 2 });
    await halfOpen();
    await succeed(9);
    expect(breaker.state).toBe('half_open');
    await succeed();
    expect(breaker.state).toBe('closed');
  });
});
