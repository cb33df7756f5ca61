import fc from 'fast-check';
import { QueueStore } from '../../src/modules/waiting-room/state/store';
import type { IssuedEntry } from '../../src/modules/waiting-room/state/results';
import { WaitingRoomMetrics } from '../../src/modules/waiting-room/metrics';
import { Metrics } from '../../src/platform/observability/metrics';
import { connectRedis, type Redis } from '../../src/platform/redis/redis';
import { testConfig, uniqueQueueId } from '../support/config';
import { must } from '../support/queue/script-queue';
import { faultsOf, publicLeaves } from './memory-log';

const { REDIS_URL } = testConfig();
const MAX_WAIT_MS = 600_000;
/** Epochs end at each admission, so users whom nobody polls for are absent soon. */
const RULES = {
  sessionMs: 600_000,
  maxWaitMs: MAX_WAIT_MS,
  idleTimeoutMs: 0,
  presenceTimeoutMs: 1,
  admissionIntervalMs: 0,
};
const SALES = 20;

const entryNumber = fc.nat(40);
const Act = fc.oneof(
  { weight: 4, arbitrary: fc.constant(['issue', 0] as const) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('poll', 'pollLate', 'pay'), entryNumber) },
  { weight: 3, arbitrary: fc.constant(['admit', 0] as const) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('limit', 'rate', 'decide'), fc.integer({ min: 1, max: 9 })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(['pause', 0] as const, ['resume', 0] as const, ['auto', 0] as const),
  },
  { weight: 1, arbitrary: fc.constant(['state', 0] as const) },
);
type Act = typeof Act extends fc.Arbitrary<infer Of> ? Of : never;

/** A queue in which users, operators and the controller act in any order. */
class AnySale {
  private readonly entries: IssuedEntry[] = [];
  private readonly store: QueueStore;

  constructor(
    redis: Redis,
    private readonly limit: number | `auto:${number}`,
  ) {
    this.store = new QueueStore(redis, uniqueQueueId(), RULES, new WaitingRoomMetrics(new Metrics()));
  }

  async play(acts: readonly Act[]): Promise<string[]> {
    await this.store.restore({ issued: 0, headSeq: 0, gen: 0 }, this.limit, []);
    for (const [act, number] of acts) await this.act(act, number);
    await this.store.admit(this.limit, 0);
    return publicLeaves(await this.drain(false));
  }

  private async act(act: Act[0], number: number): Promise<void> {
    if (act === 'issue') await this.issue();
    else if (act === 'admit') await this.store.admit(this.limit, 0);
    else if (act === 'poll' || act === 'pollLate' || act === 'pay') await this.visit(act, number);
    else if (act === 'decide') await this.decide(number);
    else if (act === 'state') await this.drain(true);
    else must(await this.store.admission.setOverride(act, number, 0));
  }

  private async issue(): Promise<void> {
    const issued = must(await this.store.issue(this.entries.length + 1, this.limit, 0));
    if (!('drawnSeq' in issued)) this.entries.push(issued);
  }

  private async visit(act: 'poll' | 'pollLate' | 'pay', number: number): Promise<void> {
    const entry = this.entries[number % Math.max(1, this.entries.length)];
    if (entry === undefined) return;
    const iatMs = act === 'pollLate' ? entry.iatMs - MAX_WAIT_MS : entry.iatMs;
    const { status } = must(await this.store.resolve({ ...entry, iatMs }, this.limit, 0));
    if (act === 'pay' && status === 'PROGRESS') must(await this.store.endSession(entry.seq, this.limit, 0));
  }

  private async decide(limit: number): Promise<void> {
    const times = { everyMs: 0, freshMs: 1000, inactiveMs: 1000 };
    const turn = must(await this.store.admission.reportLoad('one', '{}', times, 0));
    if (turn === undefined) return;
    const decision = { limit, rate: 20 / 3, lastDecision: 'increase:none', controllerState: '{}' };
    await this.store.admission.applyDecision(turn, decision, 0);
  }

  /** @param saysState as after a loss: the leaves say the whole state again */
  private async drain(saysState: boolean): Promise<Buffer[]> {
    const wanted = { anchor: undefined, max: 10_000, saysState };
    return must(await this.store.drainLeaves(wanted, 0)).leaves;
  }
}

describe('the log of any honest sale', () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = connectRedis(REDIS_URL, 60_000);
    await redis.connect();
  });
  afterAll(() => redis.disconnect());

  it('passes the audit, in whatever order users, operators and the controller act', async () => {
    const limit = fc.constantFrom(2, 5, 'auto:3' as const);
    await fc.assert(
      fc.asyncProperty(limit, fc.array(Act, { minLength: 20, maxLength: 80 }), async (of, acts) => {
        expect(await faultsOf(await new AnySale(redis, of).play(acts))).toEqual([]);
      }),
      { numRuns: SALES },
    );
  });
});
