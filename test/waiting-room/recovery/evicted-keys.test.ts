import { queueKeys } from '../../../src/modules/waiting-room/state/keys';
import type { BitmapPiece, IssuedEntry } from '../../../src/modules/waiting-room/state/results';
import { at } from '../../support/at';
import { must, type ScriptQueue, useScriptQueues } from '../../support/queue/script-queue';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';
import { Rooms } from '../../support/rows/rooms';
import { until } from '../../support/wait';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const RULES = {
  sessionMs: 60_000,
  maxWaitMs: 600_000,
  idleTimeoutMs: 600_000,
  presenceTimeoutMs: 60_000,
  admissionIntervalMs: 1,
};
/** The first seqs of the queue. */
const bitsOf = (...seqs: number[]): BitmapPiece => [
  0,
  0,
  Buffer.of(seqs.reduce((bits, seq) => bits | (0x80 >>> seq), 0)),
];

describe('after Redis has evicted a single key', () => {
  const time = useVirtualTime();
  const { redis } = time;
  const newQueue = useScriptQueues(redis);
  const opened: Rooms[] = [];

  afterEach(async () => {
    for (const rooms of opened.splice(0)) await rooms.lose();
  });

  const open = (limit: number): Rooms => {
    const rooms = new Rooms(redis, RULES, limit);
    opened.push(rooms);
    return rooms;
  };

  const keys = 'state active idle log changed users:0 done:0 expired:0 present:0:0'.split(' ');
  it.each(keys)('%s: nobody has a second session, and all are admitted in order', async (name) => {
    const rooms = open(1);
    const room = rooms.open();
    const entries = [];
    for (let user = 1; user <= 6; user++) entries.push(await room.entries.issue(user));
    const [paid, ended, active] = [at(entries, 0), at(entries, 1), at(entries, 2)];
    const toBeAdmitted = entries.slice(2);
    await room.entries.endSession(paid.seq);
    rooms.repository.paid.add(paid.seq);
    await room.refresh();
    await redis.zadd(`${rooms.keys.prefix}active`, 1, ended.seq); // its lease has passed
    room.snapshot.enter([ended.seq], 1, 0);
    await room.tick();
    await room.refresh();
    expect(await redis.del(`${rooms.keys.prefix}${name}`)).toBe(1);

    const again = await room.entries.issue(active.userId); // finds that the users' entries are gone
    const order = [];
    for (const entry of toBeAdmitted) {
      const inside = await until('somebody is admitted', async () => {
        await time.pass(200);
        await room.tick();
        await room.refresh();
        await room.flushPresence();
        const seqs = [...(await rooms.scores('active')).keys()];
        return seqs.length > 0 && seqs;
      });
      order.push(...inside);
      expect(await room.entries.resolve(entry)).toMatchObject({ status: 'PROGRESS' });
      await room.entries.endSession(entry.seq);
    }
    expect(order).toEqual(toBeAdmitted.map(({ seq }) => seq));
    expect(await room.entries.resolve(paid)).toMatchObject({ status: 'DONE' });
    expect(await room.entries.resolve(ended)).toMatchObject({ status: 'EXPIRED' });
    if (again.seq !== active.seq)
      expect(await room.entries.resolve(again)).toMatchObject({ status: 'EXPIRED' });
  });

  it('an entry that has paid stays DONE though the next payment writes the bitmap of those again', async () => {
    const rooms = open(2);
    const room = rooms.open();
    const [paid, next] = [await room.entries.issue(1), await room.entries.issue(2)];
    for (const { seq } of [paid, next]) {
      rooms.repository.paid.add(seq);
      await redis.del(`${rooms.keys.prefix}done:0`);
      await room.entries.endSession(seq);
    }
    expect(await room.entries.resolve(paid)).toMatchObject({ status: 'DONE' });
    expect(await room.entries.resolve(next)).toMatchObject({ status: 'DONE' });
  });

  /** Of five entries the first has paid, the second has expired, the session of the third is past, and two wait; then the key is gone. */
  async function evict(name: string): Promise<{ queue: ScriptQueue; entries: IssuedEntry[]; key: string }> {
    const queue = await newQueue({ sessionMs: 1000 }, 3);
    const entries = [];
    for (let user = 1; user <= 5; user++) entries.push(await queue.issue(user));
    await queue.store.endSession(at(entries, 0).seq, 1, 0);
    await time.pass(1000);
    expect(await queue.store.extendSession(at(entries, 1).seq, 0)).toBe(0);
    const key = `${queueKeys(queue.store.queueId).prefix}${name}`;
    expect(await redis.del(key)).toBe(1);
    return { queue, entries, key };
  }

  const WRITES: [
    key: string,
    by: string,
    write: (queue: ScriptQueue, entries: IssuedEntry[]) => Promise<unknown>,
  ][] = [
    ['done:0', 'a payment', ({ store }, entries) => store.endSession(at(entries, 2).seq, 1, 0)],
    ['expired:0', 'a session that ends', ({ store }, entries) => store.extendSession(at(entries, 2).seq, 0)],
    ['users:0', 'a poll', (queue, entries) => queue.resolve(at(entries, 4))],
    ['present:0:0', 'a poll', (queue, entries) => queue.resolve(at(entries, 4))],
    [
      'present:0:0',
      'a report',
      ({ store }) => store.flushPresence({ bitmaps: [bitsOf(5)], active: [], longestPollIntervalMs: 0 }, 0),
    ],
  ];
  it.each(WRITES)('%s, %s that writes it again does not hide the loss', async (name, _by, write) => {
    const { queue, entries, key } = await evict(name);
    await write(queue, entries);
    expect(await redis.pttl(key)).toBeGreaterThan(0);
    expect(await queue.store.admit(1, 0)).toBe('state-lost');
  });

  it('no entry is given back to its user, and no order is drawn, before the state is restored', async () => {
    const [{ queue, entries }, other] = [await evict('done:0'), await evict('expired:0')];
    expect(await queue.store.register(entries, 0)).toBe('state-lost');
    const draw = { firstSeq: 0, lastSeq: 5, seed: 'ab' };
    const moved = { present: [bitsOf(7)], expired: [bitsOf(6)] };
    expect(await other.queue.store.opening.draw([draw], moved, 0)).toBe('state-lost');
  });

  it('all are idle in time though a poll has written one of the idle deadlines again', async () => {
    const queue = await newQueue({ idleTimeoutMs: 2000, admissionIntervalMs: 1 });
    await queue.issue(1);
    const polling = await queue.issue(2);
    await redis.del(queueKeys(queue.store.queueId).idle);
    await queue.resolve(polling);
    await queue.admit();
    await time.pass(2000);
    expect((await queue.admit()).idle).toBe(2);
  });

  it('a proof of work is not spent by the request that finds the loss: the same request gets an entry after the restore', async () => {
    const proof = { id: 'proof', lifeMs: 60_000 };
    const { queue, entries } = await evict('done:0');
    const { seq, gen } = at(entries, 0);
    expect(await queue.store.issue(1, 2, 0, proof)).toBe('state-lost');
    const ends = { done: [bitsOf(seq)], expired: [] };
    must(await queue.store.restore({ issued: 5, headSeq: 3, gen }, 2, [], undefined, ends));
    expect(await queue.store.issue(1, 2, 0, proof)).toMatchObject({ isNew: true, wasSpent: false });
  });
});
