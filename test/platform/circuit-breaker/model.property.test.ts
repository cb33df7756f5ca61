import fc from 'fast-check';
import type {
  BreakerOutcome,
  BreakerSettings,
  BreakerState,
} from '../../../src/platform/circuit-breaker/breaker';
import { given, useFakeTime } from './given';

useFakeTime();

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

  tryEarly(afterMs: number): void {
    if (this.state === 'open' && this.now - this.openedAt >= afterMs) this.enter('half_open');
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
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('tryEarly' as const), afterMs: fc.constantFrom(0, 100, 300) }),
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
            } else if (step.do === 'tryEarly') {
              breaker.tryEarly(step.afterMs);
              model.tryEarly(step.afterMs);
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
