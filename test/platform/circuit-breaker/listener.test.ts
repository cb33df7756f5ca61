import { Breaker, breakerPresets, CircuitOpen } from '../../../src/platform/circuit-breaker/breaker';
import { given, isIgnored, LONG_MS, useFakeTime } from './given';

useFakeTime();

describe('listener', () => {
  it('is called once for every call and for every change of state, in order', async () => {
    const { begin, events, fail, ignore, succeed } = given({
      ...breakerPresets.study,
      window: 2,
      halfOpenCalls: 2,
    });
    await succeed();
    await ignore();
    await fail();
    await begin().answer;
    await jest.advanceTimersByTimeAsync(30_000);
    await succeed(2);
    expect(events).toEqual([
      'success',
      'ignored',
      'failure',
      '→ open',
      'refused',
      '→ half_open',
      'success',
      'success',
      '→ closed',
    ]);
  });

  it('cannot change the fate of a call by throwing', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
    const explode = () => {
      throw new Error('metrics');
    };
    const breaker = new Breaker(
      'b',
      { ...breakerPresets.study, window: 2 },
      {
        isIgnored,
        listener: { onOutcome: explode, onState: explode },
      },
    );
    await expect(breaker.run(() => Promise.resolve(1))).resolves.toBe(1);
    await expect(breaker.run(() => Promise.reject(new Error('down')))).rejects.toThrow('down');
    await expect(breaker.run(() => Promise.resolve(1))).rejects.toThrow(CircuitOpen);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(breaker.state).toBe('half_open');
    expect(warn).toHaveBeenCalledTimes(5);
    expect(warn).toHaveBeenCalledWith('The listener of breaker b threw: Error: metrics');
    warn.mockRestore();
  });
});

describe('closed by one who knows that the cause is gone', () => {
  it.each(['open', 'half_open'])(
    'admits everybody at once when it was %s, with an empty window',
    async (was) => {
      const { breaker, fail, open, halfOpen } = given();
      await (was === 'open' ? open() : halfOpen());
      expect(breaker.state).toBe(was);
      breaker.close();
      expect([breaker.state, breaker.retryAfterMs]).toEqual(['closed', 0]);
      await fail(49);
      expect(breaker.state).toBe('closed');
      await fail();
      expect(breaker.state).toBe('open');
    },
  );

  it('forgets the trial that it was waiting for', async () => {
    const { breaker, open, events } = given();
    await open();
    breaker.close();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(breaker.state).toBe('closed');
    expect(events.filter((event) => event.startsWith('→'))).toEqual(['→ open', '→ closed']);
  });

  it('remembers what it has seen when it was closed anyway', async () => {
    const { breaker, fail, events } = given();
    await fail(49);
    breaker.close();
    await fail();
    expect(breaker.state).toBe('open');
    expect(events).not.toContain('→ closed');
  });
});

describe('reset by one who knows that the cause was there and is gone', () => {
  it.each(['closed', 'open', 'half_open'])('starts with an empty window when it was %s', async (was) => {
    const { breaker, fail, open, halfOpen, succeed } = given();
    await (was === 'closed' ? fail(49) : was === 'open' ? open() : halfOpen());
    expect(breaker.state).toBe(was);
    breaker.reset();
    await succeed(1);
    await fail(48);
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('counts no call that began before', async () => {
    const { breaker, begin, count } = given();
    const calls = Array.from({ length: 60 }, () => begin());
    breaker.reset();
    for (const call of calls) await call.fail();
    expect(breaker.state).toBe('closed');
    expect(count('late')).toBe(60);
    expect(count('failure')).toBe(0);
  });

  it('reports no state that has not changed', async () => {
    const { breaker, fail, events } = given();
    await fail(3);
    breaker.reset();
    expect(events).toEqual(['failure', 'failure', 'failure']);
  });

  it('stays shut down', () => {
    const { breaker } = given();
    breaker.shutdown();
    breaker.reset();
    expect(breaker.state).toBe('open');
  });
});

describe('errors', () => {
  it('say which breaker, and how long was waited', async () => {
    const { breaker, begin, open } = given();
    const hung = begin(500);
    await jest.advanceTimersByTimeAsync(500);
    expect(await hung.answer).toMatchObject({
      name: 'CallTimedOut',
      message: 'A call through breaker queueService took longer than 500 ms.',
    });
    await open();
    await expect(breaker.run(() => Promise.resolve())).rejects.toThrow('Breaker queueService is open.');
  });

  it('of opossum’s code but not its making are the action’s own', async () => {
    const { breaker, events } = given();
    const error = 'ETIMEDOUT';
    await expect(
      breaker.run(() => Promise.reject(error as unknown as Error)), // not even an Error
    ).rejects.toBe(error);
    expect(events).toEqual(['failure']);
  });
});

describe('without a listener', () => {
  it('goes through its states all the same', async () => {
    const breaker = new Breaker('b', { ...breakerPresets.study, window: 1 }, { isIgnored });
    let end: (value: string) => void = () => undefined;
    const late = breaker.run(() => new Promise<string>((resolve) => (end = resolve)), LONG_MS);
    await expect(breaker.run(() => Promise.reject(new Error('down')))).rejects.toThrow('down');
    await expect(breaker.run(() => Promise.resolve(1))).rejects.toThrow(CircuitOpen);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(breaker.state).toBe('half_open');
    end('done');
    expect(await late).toBe('done');
  });
});
