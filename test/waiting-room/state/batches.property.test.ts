import fc from 'fast-check';
import type { QueueRules } from '../../../src/modules/waiting-room/rules';
import type { Entry } from '../../../src/modules/waiting-room/state/entries/entry';
import type { WaitingRoom } from '../../../src/modules/waiting-room/waiting-room';
import { Oracle } from '../../support/queue/queue-oracle';
import { Rooms } from '../../support/rows/rooms';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const USERS = 12;
const RULES: QueueRules = {
  sessionMs: 3000,
  maxWaitMs: 9000,
  idleTimeoutMs: 1500,
  presenceTimeoutMs: 2000,
  admissionIntervalMs: 100,
  holdMs: 2000,
  holdRequestMs: 500,
};

/** What happens next: many calls at one moment, or something between. */
type Step =
  | { act: 'issue'; users: number[] }
  | { act: 'resolve'; users: number[]; isToHold: boolean[] }
  | { act: 'pay'; user: number }
  | { act: 'tick' }
  | { act: 'pass'; ms: number };

const users = fc.array(fc.nat(USERS - 1), { minLength: 1, maxLength: 10 });
const step = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({ act: fc.constant('issue'), users }),
  fc.record({
    act: fc.constant('resolve'),
    users,
    isToHold: fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }),
  }),
  fc.record({ act: fc.constant('pay'), user: fc.nat(USERS - 1) }),
  fc.record({ act: fc.constant('tick') }),
  fc.record({ act: fc.constant('pass'), ms: fc.constantFrom(10, 100, 400, 1000, 2500) }),
);
const steps = fc.array(step, { maxLength: 40, size: 'max' });
/** The first seqs lie in the first segment, or across a border. */
const start = fc.constantFrom(0, 65_531);
const limit = fc.integer({ min: 1, max: 5 });

/** All calls of one moment beside the oracle, which takes them one by one. */
class BatchedQueue {
  private readonly room: WaitingRoom;
  private readonly entries = new Map<number, Entry>();

  constructor(
    private readonly rooms: Rooms,
    private readonly oracle: Oracle,
  ) {
    this.room = rooms.open();
  }

  async act(one: Step): Promise<void> {
    this.oracle.nowMs = virtualTime.nowMs;
    if (one.act === 'issue') await this.issue(one.users);
    else if (one.act === 'resolve') await this.resolve(one.users, one.isToHold);
    else if (one.act === 'pay') await this.pay(one.user);
    else if (one.act === 'tick') {
      this.oracle.tick();
      await this.room.tick();
    }
    const active = await this.rooms.scores('active');
    expect([...active.keys()].sort(ascending)).toEqual([...this.oracle.active.keys()].sort(ascending));
    expect(await this.rooms.numbers('issued', 'headSeq')).toEqual([this.oracle.issued, this.oracle.headSeq]);
  }

  private async issue(batch: number[]): Promise<void> {
    const issued = await Promise.all(batch.map((user) => this.room.entries.issue(user)));
    const expected = batch.map((user) => this.oracle.issue(user));
    expect(issued.map(({ status, seq, sessionUntilMs }) => ({ status, seq, sessionUntilMs }))).toEqual(
      expected,
    );
    for (const { userId, seq, gen, iatMs } of issued) this.entries.set(userId, { userId, seq, gen, iatMs });
  }

  private async resolve(batch: number[], isToHold: boolean[]): Promise<void> {
    const wanted = batch.flatMap((user, i) => {
      const entry = this.entries.get(user);
      return entry === undefined ? [] : [{ entry, isToHold: isToHold[i] === true }];
    });
    const resolved = await Promise.all(
      wanted.map((one) => this.room.entries.resolve(one.entry, one.isToHold)),
    );
    for (const [i, one] of wanted.entries())
      expect(resolved[i]).toMatchObject(this.oracle.resolve(one.entry.seq, one.entry.iatMs, one.isToHold));
  }

  private async pay(user: number): Promise<void> {
    const entry = this.entries.get(user);
    if (entry === undefined || !this.oracle.active.has(entry.seq)) return;
    this.oracle.finish(entry.seq);
    await this.room.entries.endSession(entry.seq);
  }
}

const ascending = (a: number, b: number): number => a - b;

describe('entries that are issued and resolved in batches', () => {
  const time = useVirtualTime();

  it('have the outcomes that they have one by one, in the order of arrival', async () => {
    await fc.assert(
      fc.asyncProperty(limit, start, steps, async (most, first, program) => {
        const rooms = new Rooms(time.redis, RULES, most);
        await rooms.store.restore({ issued: 0, headSeq: 0, gen: 0 }, most, []);
        if (first > 0) await rooms.redis.hset(rooms.keys.state, { issued: first, headSeq: first });
        const queue = new BatchedQueue(rooms, new Oracle(RULES, most, first));
        try {
          for (const one of program) {
            if (one.act !== 'pass') await queue.act(one);
            else {
              virtualTime.nowMs += one.ms;
              await time.tell();
            }
          }
        } finally {
          await rooms.lose();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('belong to one user each, in the order of arrival, also when Redis loses its state between', async () => {
    const batches = fc.array(fc.record({ users, isLost: fc.boolean() }), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(limit, batches, async (most, program) => {
        const rooms = new Rooms(time.redis, RULES, most);
        const room = rooms.open();
        const owners = new Map<number, number>();
        let lastSeq = 0;
        try {
          for (const batch of program) {
            const asked = batch.users.map((user) => room.entries.issue(user));
            if (batch.isLost) await rooms.lose(); // after the first call, before the others
            const issued = await Promise.all(asked);
            const fresh = issued.filter(({ seq }) => !owners.has(seq)).map(({ seq }) => seq);
            const inOrder = [...new Set(fresh)];
            expect(inOrder).toEqual([...inOrder].sort(ascending));
            expect(Math.min(Infinity, ...fresh)).toBeGreaterThan(lastSeq);
            lastSeq = Math.max(lastSeq, ...fresh);
            for (const { userId, seq } of issued) {
              expect(owners.get(seq) ?? userId).toBe(userId);
              owners.set(seq, userId);
            }
            expect((await rooms.scores('active')).size).toBeLessThanOrEqual(most);
          }
        } finally {
          await rooms.lose();
        }
      }),
      { numRuns: 25 },
    );
  });
});
