import { QueueState } from '../../src/modules/waiting-room/status/schema';
import { connectRedis, type Redis } from '../../src/platform/redis/redis';
import { seedOf, shuffled } from '../../lab/audit/replay/draw';
import { must, type ScriptQueue, useScriptQueues } from '../support/queue/script-queue';
import { testConfig } from '../support/config';
import { checkpointOf, faultsOf, publicLeaves, QUEUE_ID } from './memory-log';

const { REDIS_URL } = testConfig();

describe('an audit of a log that was tampered with', () => {
  let redis: Redis;
  let honest: string[];

  const make = useScriptQueuesLater(() => redis);

  beforeAll(async () => {
    redis = connectRedis(REDIS_URL, 60_000);
    await redis.connect();
    honest = await sale();
  });
  afterAll(() => redis.disconnect());

  /** Twelve users at a limit of 2, which an operator raises to 4 later; some pay, one is replaced by nobody. */
  async function sale(): Promise<string[]> {
    const queue = await make({ sessionMs: 600_000, maxWaitMs: 600_000 }, 2);
    const entries = [];
    for (let user = 1; user <= 12; user++) entries.push(await queue.issue(user));
    for (const paid of entries.slice(0, 4)) must(await queue.store.endSession(paid.seq, 2, 0));
    must(await queue.store.admission.setOverride('limit', 4, 0));
    await queue.admit();
    for (const paid of entries.slice(4, 6)) must(await queue.store.endSession(paid.seq, 2, 0));
    return leavesOf(queue);
  }

  async function leavesOf({ store }: ScriptQueue): Promise<string[]> {
    const { leaves } = must(await store.drainLeaves({ anchor: undefined, max: 1000, saysState: false }, 0));
    return publicLeaves(leaves);
  }

  const indexOf = (wanted: RegExp): number => {
    const index = honest.findIndex((leaf) => wanted.test(leaf));
    expect(index).toBeGreaterThanOrEqual(0);
    return index;
  };
  const leafAt = (index: number): string => honest[index] ?? '';
  const replaced = (index: number, leaf: string): string[] => honest.with(index, leaf);

  it('finds nothing in the log as it was', async () => {
    expect(await faultsOf(honest, { seen: [checkpointOf(honest.slice(0, 9))] })).toEqual([]);
    expect(honest.filter((leaf) => leaf.startsWith('admit'))).toHaveLength(10);
  });

  it('finds nothing in a state that a sale may have, and finds one that it may not', async () => {
    const ms = honest.at(-1)?.split(' ')[1];
    const sale = (state: string): string => `sale ${ms} ${state}`;
    const states = QueueState.exclude(['DRAW', 'PAUSED']).options.map(sale); // those two are the queue's alone
    expect(await faultsOf([...honest, ...states, sale('')])).toEqual([]);
    expect(await faultsOf([...honest, sale('OVER')])).toEqual(['a leaf of type sale is malformed: OVER']);
  });

  it('finds nothing when the turn comes to an entry that has ended while it waited', async () => {
    const queue = await make({ sessionMs: 600_000, maxWaitMs: 600_000 }, 1);
    const [first, second] = [await queue.issue(1), await queue.issue(2)];
    for (let user = 3; user <= 4; user++) await queue.issue(user);
    const late = { ...second, iatMs: second.iatMs - 600_001 };
    expect(await queue.status(late)).toBe('EXPIRED');
    must(await queue.store.endSession(first.seq, 1, 0));
    const leaves = await leavesOf(queue);
    expect(leaves.filter((leaf) => leaf.startsWith('admit'))).toHaveLength(2);
    expect(await faultsOf(leaves)).toEqual([]);
  });

  it('finds nothing in a sale that an operator has slowed down', async () => {
    const queue = await make({}, 50);
    must(await queue.store.admission.setOverride('rate', 20, 0));
    for (let user = 1; user <= 12; user++) await queue.issue(user);
    must(await queue.store.admission.setOverride('auto', 0, 0));
    await queue.admit();
    const leaves = await leavesOf(queue);
    expect(leaves.filter((leaf) => leaf.startsWith('admit'))).toHaveLength(12);
    expect(leaves.find((leaf) => leaf.startsWith('limit'))).toMatch(/ fixed 50 20 60000$/);
    expect(await faultsOf(leaves)).toEqual([]);
  });

  it('finds two entries that were swapped', async () => {
    const [one, other] = [indexOf(/^admit \d+ 3 next/), indexOf(/^admit \d+ 4 next/)];
    const swapped = replaced(one, leafAt(one).replace(' 3 next', ' 4 next')).with(
      other,
      leafAt(other).replace(' 4 next', ' 3 next'),
    );
    expect(await faultsOf(swapped)).toContainEqual('entry 3 was present, and was passed over');
  });

  it('finds an entry that was skipped, though the next one says that its turn had passed', async () => {
    const last = indexOf(/^admit \d+ 9 next 8/);
    const skipped = honest
      .filter((_, i) => i !== last)
      .map((leaf) => leaf.replace(/^(admit \d+ 10 next) 9$/, '$1 8'));
    expect(skipped).toHaveLength(honest.length - 1);
    expect(await faultsOf(skipped)).toEqual(['entry 9 was present, and was passed over']);
  });

  it('finds an entry that was admitted twice', async () => {
    const admitted = leafAt(indexOf(/^admit \d+ 9 next/));
    expect(await faultsOf([...honest, admitted])).toContainEqual('entry 9 was admitted twice');
  });

  it('finds an admission of an entry that nobody was given', async () => {
    const ms = honest.at(-1)?.split(' ')[1];
    expect(await faultsOf([...honest, `admit ${ms} 50 next 10`])).toContainEqual(
      'entry 50 was admitted, and never issued',
    );
  });

  it('finds an entry that was inserted among those that were issued', async () => {
    const at = indexOf(/^issue \d+ 7 /);
    const inserted = honest.toSpliced(at, 0, leafAt(at));
    expect(await faultsOf(inserted)).toContainEqual('entry 7 was issued behind entry 7');
  });

  it('finds an entry that was given an earlier time', async () => {
    const at = indexOf(/^issue \d+ 9 /);
    const earlier = replaced(
      at,
      leafAt(at).replace(/\d{13}/, (ms) => String(Number(ms) - 60_000)),
    );
    expect((await faultsOf(earlier)).join()).toMatch(/the clock went back by \d{5} ms/);
  });

  it('finds an entry that was dropped', async () => {
    expect(await faultsOf(honest.toSpliced(indexOf(/^issue \d+ 5 /), 1))).toContainEqual(
      'entry 6 was issued behind entry 4',
    );
  });

  it('finds a second head: two logs of the same length, both signed', async () => {
    const other = replaced(
      indexOf(/^issue \d+ 5 /),
      leafAt(indexOf(/^issue \d+ 5 /)).replace(/.=$/, (end) => (end === 'A=' ? 'E=' : 'A=')),
    );
    expect(other).not.toEqual(honest);
    expect(await faultsOf(other, { seen: [checkpointOf(honest)] })).toEqual([
      `the first ${honest.length} leaves are not those that a checkpoint was signed for`,
    ]);
    expect(await faultsOf(other, { note: checkpointOf(honest) })).toHaveLength(1);
  });

  it('finds a log that was cut off', async () => {
    expect(await faultsOf(honest.slice(0, 9), { seen: [checkpointOf(honest)] })).toEqual([
      `a checkpoint of ${honest.length} leaves was seen, and the log has 9`,
    ]);
  });

  it('finds a limit that nobody has set', async () => {
    const at = indexOf(/^limit \d+ operator 4/);
    expect(await faultsOf(replaced(at, leafAt(at).replace('operator 4', 'operator 9')))).toEqual([
      "a limit of 9 is said to be the operator's, who has set 4",
    ]);
    expect(await faultsOf(replaced(at, leafAt(at).replace('operator 4', 'fixed 9')))).toEqual([
      "a limit of 9 is in force against the operator's 4",
    ]);
  });

  it('finds an admission above the limit', async () => {
    const ms = honest.at(-1)?.split(' ')[1];
    expect(await faultsOf([...honest, `admit ${ms} 11 next 10`])).toEqual([
      'entry 11 was admitted as number 5, above the limit of 4',
    ]);
  });

  it('finds an admission while the queue was paused', async () => {
    const paused = honest.toSpliced(
      indexOf(/^admit \d+ 8 next/),
      0,
      leafAt(0).replace(/^\S+ (\d+) .*/, 'command $1 pause -'),
    );
    expect(await faultsOf(paused)).toContainEqual('entry 8 was admitted while the queue was paused');
  });

  it('does not take a checkpoint that another key has signed', async () => {
    const forged = checkpointOf(honest).replace(/(?<=— \S+ .{10})./, (letter) =>
      letter === 'A' ? 'B' : 'A',
    );
    await expect(faultsOf(honest, { note: forged })).rejects.toThrow('is not signed by');
  });

  it('finds a draw whose seed does not follow from the beacon', async () => {
    const opensAt = new Date(Number(leafAt(0).split(' ')[1])).toISOString();
    const published = {
      number: 1,
      opensAt,
      firstSeq: 0,
      lastSeq: 4,
      root: 'ab'.repeat(32),
      beacon: 'drand x 1 ff',
    };
    const seed = seedOf(QUEUE_ID, { ...published, seed: null });
    const ms = leafAt(0).split(' ')[1];
    const issued = honest
      .filter((leaf) => /^issue \d+ [1-4] /.test(leaf))
      .map((leaf) => leaf.replace(/\d{13}/, String(ms)));
    const first = 5 + shuffled(Buffer.from(seed, 'hex'), 4).indexOf(0);
    expect(first).toBeGreaterThanOrEqual(5);
    const drawn = [
      leafAt(0),
      ...issued,
      `cut ${ms} 0 4`,
      `draw ${ms} 0 4 ${seed}`,
      `limit ${ms} fixed 2 -`,
      `admit ${ms} 5 next 4`,
      `end ${ms} 5 paid`,
    ];
    const draws = [{ ...published, seed }];
    expect(await faultsOf(drawn, { draws })).toEqual([]);
    const changed = drawn.map((leaf) => leaf.replace(seed, '00'.repeat(32)));
    expect(await faultsOf(changed, { draws })).toEqual([
      'the seed of a draw does not follow from what was published before it',
    ]);
    expect(await faultsOf(drawn, { draws: [{ ...published, seed, beacon: 'drand x 2 ff' }] })).toHaveLength(
      1,
    );
    expect(await faultsOf(drawn, { draws: [] })).toEqual(['a draw was made that is not published']);
  });
});

/** The connection is there when a queue is made. */
function useScriptQueuesLater(redis: () => Redis): ReturnType<typeof useScriptQueues> {
  return async (...of) => useScriptQueues(redis())(...of);
}
