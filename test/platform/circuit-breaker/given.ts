import {
  Breaker,
  breakerPresets,
  type BreakerOutcome,
  type BreakerSettings,
  type BreakerState,
} from '../../../src/platform/circuit-breaker/breaker';

export class BusinessError extends Error {}
export const isIgnored = (error: unknown): boolean => error instanceof BusinessError;
export const LONG_MS = 1_000_000_000; // a limit that no test reaches

/** A breaker whose calls end when the test says so, and what its listener has heard. */
export function given(settings: BreakerSettings = breakerPresets.study) {
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

/** For a test file. */
export function useFakeTime(): void {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());
}
