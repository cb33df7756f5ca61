import { Breaker, breakerPresets } from '../../../src/platform/circuit-breaker/breaker';
import { BusinessError, given, useFakeTime } from './given';

useFakeTime();

it('knows the study’s settings and the tuned ones', () => {
  expect(breakerPresets).toEqual({
    study: { window: 100, minimumCalls: 50, failureRateThreshold: 50, openMs: 30_000, halfOpenCalls: 10 },
    tuned: { window: 200, minimumCalls: 50, failureRateThreshold: 80, openMs: 10_000, halfOpenCalls: 10 },
  });
});

describe('closed', () => {
  it('passes results and errors through as they are', async () => {
    const { breaker } = given();
    const down = new Error('down');
    const noSeat = new BusinessError('no seat');
    await expect(breaker.run(() => Promise.resolve(7))).resolves.toBe(7);
    await expect(breaker.run(() => Promise.reject(down))).rejects.toBe(down);
    await expect(breaker.run(() => Promise.reject(noSeat))).rejects.toBe(noSeat);
  });

  it('counts an action that throws at once as a failure', async () => {
    const { breaker, events } = given();
    const broken = (): Promise<never> => {
      throw new Error('at once');
    };
    await expect(breaker.run(broken)).rejects.toThrow('at once');
    expect(events).toEqual(['failure']);
  });

  it('stays closed after 49 failures and opens at the 50th', async () => {
    const { breaker, fail } = given();
    await fail(49);
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('judges at every outcome: the 50th opens it even when it is a success', async () => {
    const { breaker, fail, succeed } = given();
    await fail(49);
    await succeed();
    expect(breaker.state).toBe('open');
  });

  it('opens at exactly 50 %: 25 of 50', async () => {
    const { breaker, fail, succeed } = given();
    await succeed(25);
    await fail(24);
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('stays closed at 49 of 100 and opens when one more success of the window becomes a failure', async () => {
    const { breaker, fail, succeed } = given();
    await succeed(51);
    await fail(49);
    expect(breaker.state).toBe('closed');
    await fail(); // the 101st outcome pushes the first success out: 50 of 100
    expect(breaker.state).toBe('open');
  });

  it('forgets the first outcome at the 101st', async () => {
    const { breaker, fail, succeed } = given();
    await fail(20);
    await succeed(60);
    await fail(20); // 40 of 100
    await fail(20); // pushes the first 20 failures out: still 40 of 100
    expect(breaker.state).toBe('closed');
    await fail(9); // now successes leave: 49 of 100
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('does not open through failures that have left the window', async () => {
    const { breaker, fail, succeed } = given();
    for (let round = 0; round < 10; round++) {
      await succeed(51);
      await fail(49);
    }
    expect(breaker.state).toBe('closed');
  });

  it('opens the tuned preset at 160 of 200, not at 159', async () => {
    const { breaker, fail, succeed } = given(breakerPresets.tuned);
    await succeed(41);
    await fail(159);
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('takes a full window as enough when the minimum is larger than it', async () => {
    const { breaker, fail } = given({ ...breakerPresets.study, window: 4 });
    await fail(3);
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('does not count business errors, neither as calls nor as successes', async () => {
    const { breaker, fail, ignore, count } = given();
    await fail(49);
    await ignore(1_000);
    expect(breaker.state).toBe('closed');
    expect(count('ignored')).toBe(1_000);
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('counts an error that cannot be judged as a failure', async () => {
    const onOutcome = jest.fn();
    const breaker = new Breaker('b', breakerPresets.study, {
      isIgnored: () => {
        throw new Error('judge');
      },
      listener: { onOutcome, onState: jest.fn() },
    });
    await expect(breaker.run(() => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(onOutcome.mock.calls).toEqual([['b', 'failure']]);
  });
});
