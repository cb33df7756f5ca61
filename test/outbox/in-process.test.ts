import { randomUUID } from 'node:crypto';
import { testConfig } from '../support/config';
import { Bench } from '../support/rows/events';
import { openTransaction } from '../support/rows/given';
import { proxied } from '../support/servers/tcp-proxy';
import { until, wait } from '../support/wait';

const PAYMENT = 'payment-notification';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.close());

describe('events without Kafka', () => {
  test('a committed event is delivered to the user, remembered and marked', async () => {
    const worker = await bench.worker();
    const paid = await bench.emit(PAYMENT, { userId: 8 });
    const held = await bench.emit('reservation-notification', { userId: 9 });
    const refunded = await bench.emit('refund-notification', { userId: 10 });
    await until('all marked', async () => (await bench.open()) === 0);
    expect(bench.recorder.doneOf(refunded)).toBe(1);
    expect(bench.recorder.doneOf(paid)).toBe(1);
    expect(bench.recorder.doneOf(held)).toBe(1);
    expect(worker.kafkaState()).toBe('off');
    await expect(bench.outbox(paid)).resolves.toMatchObject({ delivered: 1, attempts: 0, postponed: 0 });
    const rows = (await bench.notificationRows()).sort((one, other) => one.userId - other.userId);
    expect(rows.map(({ userId }) => userId)).toEqual([8, 9, 10]);
    expect(rows[2]?.message).toMatch(
      /^50,000 won are on your balance again .* because the concert was canceled/,
    );
  });

  test('a poison event is postponed after 3 tries, and a later one of another key passes it', async () => {
    await bench.worker({ EVENT_DLQ_RETRY_DELAY_MS: 600_000 });
    bench.recorder.act = (it) => {
      if (it.userId === 1) throw new Error('no such phone');
    };
    const bad = await bench.emit(PAYMENT, { reservationId: 1, userId: 1 });
    const later = await bench.emit(PAYMENT, { reservationId: 2, userId: 2 });

    await until('the later one', () => bench.recorder.doneOf(later) === 1);
    await until('postponed', async () => (await bench.outbox(bad)).postponed === 1);
    expect(bench.recorder.triesOf(bad)).toHaveLength(3);
    const row = await bench.outbox(bad);
    expect(row).toMatchObject({ attempts: 3, postponed: 1, delivered: 0, givenUp: 0 });
  });

  test('a postponed event gets one try every EVENT_DLQ_RETRY_DELAY_MS, then is given up', async () => {
    await bench.worker({ EVENT_DLQ_RETRY_DELAY_MS: 700 });
    const poison = randomUUID();
    bench.recorder.act = () => {
      throw new Error('no such phone', { cause: new Error(poison) });
    };
    const bad = await bench.emit();

    await until('given up', async () => (await bench.outbox(bad)).givenUp === 1);
    const tries = bench.recorder.triesOf(bad);
    expect(tries).toHaveLength(3 + 2);
    const [, , third = 0, fourth = 0, fifth = 0] = tries;
    expect(fourth - third).toBeGreaterThan(650);
    expect(fifth - fourth).toBeGreaterThan(650);
    const row = await bench.outbox(bad);
    expect(row).toMatchObject({ attempts: 5, delivered: 0, lastError: `no such phone: ${poison}` });
    await until('counted', async () => (await bench.counted('given_up')) === 1); // counted after it is written
    await until('logged', () => bench.log.filter(({ level }) => level === 'error').length === 1);
  });

  test('many failing events hold up no fresh one', async () => {
    await bench.worker({ EVENT_DLQ_RETRY_DELAY_MS: 600_000 });
    bench.recorder.act = (it) => {
      if (it.userId === 1) throw new Error('unwell');
    };
    const bad = await Promise.all(Array.from({ length: 12 }, () => bench.emit(PAYMENT, { userId: 1 })));
    await until('postponed', async () => (await bench.counted('dlq')) === bad.length);
    const good = await bench.emit();
    await until('notified', () => bench.recorder.doneOf(good) === 1);
  });

  test('a postponed event is delivered once the notifier is well again', async () => {
    await bench.worker();
    bench.recorder.act = () => {
      if (bench.recorder.tries.length <= 3) throw new Error('unwell'); // then it is postponed
    };
    const event = await bench.emit();
    await until('delivered', async () => (await bench.outbox(event)).delivered === 1);
    expect(bench.recorder.triesOf(event)).toHaveLength(4);
    expect(bench.recorder.doneOf(event)).toBe(1);
  });

  test('what can never be understood is given up at once', async () => {
    await bench.worker();
    const bad = await bench.emit(PAYMENT, { userId: 'seven' });
    await until('given up', async () => (await bench.outbox(bad)).givenUp === 1);
    const row = await bench.outbox(bad);
    expect(row.attempts).toBe(1);
    expect(row.lastError).toContain('userId');
    expect(bench.recorder.tries).toHaveLength(0);
  });

  test('an event that was acted upon, but not marked before a crash, is not acted upon again', async () => {
    const event = await bench.emit();
    await bench.admin.execute(
      'INSERT INTO notification (event_id, topic, user_id, message) VALUES (?, ?, 1, ?)',
      [event, `${bench.prefix}${PAYMENT}`, 'before the crash'],
    );
    await bench.worker();
    await until('delivered', async () => (await bench.outbox(event)).delivered === 1);
    expect(bench.recorder.tries).toHaveLength(0);
    await expect(bench.counted('duplicate')).resolves.toBe(1);
  });

  test('stop() in the middle loses nothing, and another worker goes on at once', async () => {
    const first = await bench.worker();
    const leases = (): Promise<{ holder: string; isOver: number }[]> =>
      bench.admin.query('SELECT holder, held_until <= NOW(3) AS isOver FROM outbox_lease WHERE name = ?', [
        `${bench.prefix}fresh`,
      ]);
    bench.recorder.act = () => wait(20);
    const events: string[] = [];
    for (let i = 0; i < 80; i++) events.push(await bench.emit(PAYMENT, { reservationId: 1 + (i % 8) }));
    await until('under way', () => bench.recorder.done.length >= 5);
    await bench.worker();

    const [before] = await leases();
    await first.stop();
    const [after] = await leases();
    expect(after?.isOver === 1 || after?.holder !== before?.holder).toBe(true); // it waits for no lease to end
    await until('all marked', async () => (await bench.open()) === 0);
    expect(events.map((event) => bench.recorder.doneOf(event))).toEqual(events.map(() => 1));
  });

  test('a worker whose host vanished is succeeded when its lease is over', async () => {
    const lease = `${bench.prefix}fresh`;
    const before = performance.now();
    await bench.admin.execute(
      'INSERT INTO outbox_lease (name, holder, held_until) VALUES (?, UUID(), NOW(3) + INTERVAL 1 SECOND)',
      [lease],
    );
    const event = await bench.emit();
    await bench.worker();
    await until('notified', () => bench.recorder.doneOf(event) === 1);
    expect(performance.now() - before).toBeGreaterThan(800);
  });

  test('a database that is away is no failure of the event, and the log stays quiet', async () => {
    const { proxy, url } = await proxied(testConfig().DATABASE_URL);
    try {
      await bench.worker({ DATABASE_URL: url, DATABASE_ACQUIRE_TIMEOUT_MS: 1000 });
      await until('it reads', async () => (await bench.metrics.outboxBacklog.get()).values.length > 0);
      bench.recorder.act = () => proxy.cut(); // between the insert and the commit
      const event = await bench.emit();
      await until('cut off', () => bench.recorder.tries.length > 0);
      await wait(1_000);
      bench.recorder.act = () => undefined;
      await proxy.open();
      await until('delivered', async () => (await bench.outbox(event)).delivered === 1);
      await expect(bench.outbox(event)).resolves.toMatchObject({ attempts: 0 });
      expect(bench.recorder.tries).toHaveLength(2); // a notifier knows the repetition by the event's id
      expect(bench.log.length).toBeLessThanOrEqual(3 * 2); // each loop tells when it begins and ends to fail
    } finally {
      await proxy.cut();
    }
  });

  test('an event that another transaction is just acting upon waits for its end, and no try is counted', async () => {
    const event = await bench.emit();
    const act = "INSERT INTO notification (event_id, topic, user_id, message) VALUES (?, 'other', 1, '')";
    const other = await openTransaction(bench.admin, (tx) => tx.execute(act, [event]));
    await bench.worker({ DATABASE_TIMEOUT_MS: 3000 });
    await until('gave up waiting for the lock', () => bench.log.length > 0);
    other.end(new Error('undone'));
    await expect(other.ended).rejects.toThrow('undone');
    await until('delivered', async () => (await bench.outbox(event)).delivered === 1);
    await expect(bench.outbox(event)).resolves.toMatchObject({ attempts: 0 });
    expect(bench.recorder.doneOf(event)).toBeGreaterThanOrEqual(1); // more if a commit takes longer than it may
  });
});

describe('the outbox', () => {
  test('tells its backlog and the age of the oldest event', async () => {
    await bench.admin.execute(
      'INSERT INTO outbox_lease (name, held_until) VALUES (?, NOW(3) + INTERVAL 1 MINUTE)',
      [`${bench.prefix}fresh`],
    );
    await bench.emit();
    await bench.emit();
    // Events of other tests may lie before these, and the oldest of all is the one that counts.
    const age = (): Promise<unknown> =>
      bench.admin.transaction((tx) =>
        tx.execute(
          `UPDATE outbox SET created_at = LEAST(created_at, NOW(3) - INTERVAL 90 SECOND)
            WHERE delivered_at IS NULL AND given_up_at IS NULL ORDER BY id LIMIT 1`,
        ),
      );
    await age();
    await bench.worker();
    const gauge = async (name: 'outboxBacklog' | 'outboxAge'): Promise<number> =>
      (await bench.metrics[name].get()).values[0]?.value ?? 0;
    await until('backlog', async () => (await gauge('outboxBacklog')) >= 2); // others' events count too
    await until('age', async () => {
      await age(); // again, as the oldest one may be delivered meanwhile
      return (await gauge('outboxAge')) >= 90;
    });
  });

  test('forgets what was delivered more than a week ago, and nothing else', async () => {
    const [old, recent, open] = [await bench.emit(), await bench.emit(), await bench.emit()];
    const age =
      'UPDATE outbox SET created_at = NOW(3) - INTERVAL 20 DAY, delivered_at = NOW(3) - INTERVAL ? HOUR';
    await bench.admin.execute(`${age} WHERE event_id = ?`, [7 * 24 + 1, old]);
    await bench.admin.execute(`${age} WHERE event_id = ?`, [7 * 24 - 1, recent]);
    await bench.admin.execute('UPDATE outbox SET given_up_at = NOW(3) - INTERVAL 20 DAY WHERE event_id = ?', [
      open,
    ]);
    await bench.worker();
    await until('purged', () =>
      bench.outbox(old).then(
        () => false,
        () => true,
      ),
    );
    await expect(bench.outbox(recent)).resolves.toMatchObject({ delivered: 1 });
    await expect(bench.outbox(open)).resolves.toMatchObject({ givenUp: 1 });
  });

  test('forgets what was handled EVENT_DEDUPLICATION_DAYS ago, unless the outbox may bring it again', async () => {
    const [recent, old, open] = [randomUUID(), randomUUID(), await bench.emit()];
    await bench.admin.execute('UPDATE outbox SET given_up_at = NOW(3) WHERE event_id = ?', [open]);
    for (const [eventId, hours] of [
      [open, 10 * 24 + 2],
      [old, 10 * 24 + 1],
      [recent, 10 * 24 - 1],
    ] as const)
      await bench.admin.execute(
        `INSERT INTO notification (event_id, topic, user_id, message, sent_at)
         VALUES (?, ?, 1, '', NOW(3) - INTERVAL ? HOUR)`,
        [eventId, bench.prefix + PAYMENT, hours],
      );
    const remembered = async (): Promise<string[]> =>
      (await bench.notificationRows()).map(({ eventId }) => eventId);
    await bench.worker({ EVENT_DEDUPLICATION_DAYS: 10 });
    await until('purged', async () => !(await remembered()).includes(old));
    expect((await remembered()).sort()).toEqual([open, recent].sort());
  });
});
