import fc from 'fast-check';
import {
  Breaker,
  breakerPresets,
  CallTimedOut,
  CircuitOpen,
  type BreakerOutcome,
  type BreakerSettings,
  type BreakerState,
} from '../../../src/platform/circuit-breaker/breaker';

class BusinessError extends Error {}
const isIgnored = (error: unknown) => error instanceof BusinessError;
const LONG_MS = 1_000_000_000; // a limit that no test reaches

/** A breaker whose calls end when the test says so, and what its listener was told. */
function given(settings: BreakerSettings = breakerPresets.study) {
  const events: (BreakerOutcome | `→ ${BreakerState}`)[] = [];
  const breaker = new Breaker('queueService', settings, {
    isIgnored,
    listener: {
      onOutcome: (_, outcome) => events.push(outcome),
      onState: (_, state) => events.push(`→ ${state}`),
    },
  });

  const begin = (timeoutMs = LONG_MS) => {
    let succeed: (value: string) => void = () => undefined;
    let fail: (error: Error) => void = () => undefined;
    let isAdmitted = false;
    const answer = breaker
      .run(() => {
        isAdmitted = true;
        return new Promise<string>((resolve, reject) => {
          succeed = resolve;
          fail = reject;
        });
      }, timeoutMs)
      .catch((error: unknown) => error);
    return {
      answer,
      admitted: () => isAdmitted,
      succeed: () => (succeed('done'), answer),
      fail: () => (fail(new Error('down')), answer),
      ignore: () => (fail(new BusinessError('no seat')), answer),
    };
  };

  const succeed = async (times = 1) => {
    for (let i = 0; i < times; i++) await begin().succeed();
  };
  const fail = async (times = 1) => {
    for (let i = 0; i < times; i++) await begin().fail();
  };
  const ignore = async (times = 1) => {
    for (let i = 0; i < times; i++) await begin().ignore();
  };
  const open = () => fail(settings.minimumCalls);
  const halfOpen = async () => {
    await open();
    await jest.advanceTimersByTimeAsync(settings.openMs);
  };
  const count = (event: (typeof events)[number]) => events.filter((e) => e === event).length;
  return { breaker, events, begin, succeed, fail, ignore, open, halfOpen, count };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

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

describe('listener', () => {
  it('hears of every call once and of every change of state, in order', async () => {
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

/** The state machine in plain words, with its own clock: what the breaker must do in any order of events. */
class Model {
  readonly events: string[] = [];
  state: BreakerState = 'closed';
  private now = 0;
  private openedAt = 0;
  private started = 0; // timers of one instant ring in the order they were set
  private openTimerOrder = 0;
  private era = 0;
  private outcomes: boolean[] = [];
  private inTrial = 0;
  private calls: { era: number; deadline: number; order: number; running: boolean }[] = [];

  constructor(private readonly settings: BreakerSettings) {}

  get retryAfterMs(): number {
    return this.state === 'open' ? this.openedAt + this.settings.openMs - this.now : 0;
  }

  begin(timeoutMs: number): boolean {
    const full =
      this.state === 'half_open' && this.inTrial + this.outcomes.length >= this.settings.halfOpenCalls;
    const admitted = this.state !== 'open' && !full;
    if (!admitted) this.events.push('refused');
    else if (this.state === 'half_open') this.inTrial += 1;
    const deadline = this.now + timeoutMs;
    this.calls.push({ era: this.era, deadline, order: this.started++, running: admitted });
    return admitted;
  }

  end(index: number, outcome: BreakerOutcome): void {
    const call = this.calls[index];
    if (!call?.running) return;
    call.running = false;
    if (call.era !== this.era) {
      this.events.push('late');
      return;
    }
    this.events.push(outcome);
    if (this.state === 'half_open') this.inTrial -= 1;
    if (outcome === 'ignored') return;
    this.outcomes.push(outcome !== 'success');
    this.judge();
  }

  advance(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const timers = this.calls
        .map((call, index) => ({
          at: call.deadline,
          order: call.order,
          ring: () => this.end(index, 'timeout'),
        }))
        .filter((_, index) => this.calls[index]?.running);
      if (this.state === 'open') {
        const at = this.openedAt + this.settings.openMs;
        timers.push({ at, order: this.openTimerOrder, ring: () => this.enter('half_open') });
      }
      const next = timers.sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!next || next.at > until) break;
      this.now = next.at;
      next.ring();
    }
    this.now = until;
  }

  private judge(): void {
    const { window, minimumCalls, halfOpenCalls, failureRateThreshold } = this.settings;
    const trial = this.state === 'half_open';
    const seen = trial ? this.outcomes : this.outcomes.slice(-window);
    if (seen.length < (trial ? halfOpenCalls : Math.min(window, minimumCalls))) return;
    const rate = (100 * seen.filter(Boolean).length) / seen.length;
    if (rate >= failureRateThreshold) this.enter('open');
    else if (trial) this.enter('closed');
  }

  private enter(state: BreakerState): void {
    this.state = state;
    this.era += 1;
    this.outcomes = [];
    this.inTrial = 0;
    if (state === 'open') {
      this.openedAt = this.now;
      this.openTimerOrder = this.started++;
    }
    this.events.push(`→ ${state}`);
  }
}

describe('any order of events', () => {
  const TIMEOUT_MS = 700;
  const settings = fc.record({
    window: fc.integer({ min: 1, max: 8 }),
    minimumCalls: fc.integer({ min: 1, max: 10 }),
    failureRateThreshold: fc.constantFrom(1, 25, 33, 50, 67, 80, 100),
    openMs: fc.constantFrom(300, 700, 1_000),
    halfOpenCalls: fc.integer({ min: 1, max: 4 }),
  });
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('begin' as const) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constantFrom('succeed' as const, 'fail' as const, 'fail' as const, 'ignore' as const),
        of: fc.nat(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        ms: fc.constantFrom(1, 100, 299, 300, 699, 700, 1_000),
      }),
    },
  );
  const outcomeOf = { succeed: 'success', fail: 'failure', ignore: 'ignored' } as const;

  it('goes as the plain model goes', async () => {
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        settings,
        fc.array(step, { minLength: 20, maxLength: 120 }),
        async (settings, steps) => {
          const { breaker, begin, events } = given(settings);
          const model = new Model(settings);
          const calls: ReturnType<typeof begin>[] = [];
          const running: number[] = [];
          for (const step of steps) {
            if (step.do === 'begin') {
              const call = begin(TIMEOUT_MS);
              calls.push(call);
              if (call.admitted()) running.push(calls.length - 1);
              expect(call.admitted()).toBe(model.begin(TIMEOUT_MS));
            } else if (step.do === 'advance') {
              await jest.advanceTimersByTimeAsync(step.ms);
              model.advance(step.ms);
            } else if (running.length > 0) {
              // Mostly the older calls, now and then one that has timed out already.
              const [index = 0] = running.splice(step.of % Math.min(running.length, 5), 1);
              await calls[index]?.[step.do]();
              model.end(index, outcomeOf[step.do]);
            }
            expect(events).toEqual(model.events);
            expect([breaker.state, breaker.retryAfterMs]).toEqual([model.state, model.retryAfterMs]);
          }
          for (const event of events) reached.add(event);
          jest.clearAllTimers();
        },
      ),
      { numRuns: 300 },
    );
    expect([...reached].sort()).toEqual([
      'failure',
      'ignored',
      'late',
      'refused',
      'success',
      'timeout',
      '→ closed',
      '→ half_open',
      '→ open',
    ]);
  });
});
