import { at } from '../../support/at';
import { randomUUID } from 'node:crypto';
import { NotFound } from '../../../src/common/errors';
import { IdempotencyRepository } from '../../../src/modules/idempotency/repository';
import { AnsweredMeanwhile } from '../../../src/modules/idempotency/errors';
import { IdempotencyService } from '../../../src/modules/idempotency/service';
import { Hold } from '../../../src/modules/orders/reservation-schema';
import { outcome, tally } from '../../support/clients/buyer';
import { mainRoom } from '../../support/clients/crowd';
import { testConfig } from '../../support/config';
import { startTestService } from '../../support/service';
import { proxied } from '../../support/servers/tcp-proxy';
import { useService } from '../../support/suite';
import { until } from '../../support/wait';

describe('an Idempotency-Key', () => {
  const app = useService();

  /** Whether a transaction that has not ended yet has written this key. */
  const isLocked = (id: string): Promise<boolean> =>
    app.admin.query('SELECT 1 FROM idempotency_key WHERE id = ? FOR UPDATE NOWAIT', [id]).then(
      () => false,
      () => true,
    );

  it('charges once, however often the request is sent, and answers the same', async () => {
    const buyer = await app.buyer();
    const key = randomUUID();
    const [first, again] = [await buyer.charge(500, key), await buyer.charge(500, key)];
    expect(again.body).toEqual(first.body);
    expect([first.headers['idempotency-replayed'], again.headers['idempotency-replayed']]).toEqual([
      undefined,
      'true',
    ]);
    expect((await buyer.amount()).body).toMatchObject({ data: { amount: 500 } });
  });

  it('acts once when its requests come at the same time: the others get the same answer or 409', async () => {
    const buyer = await app.buyer();
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => buyer.charge(7, key)));
    const counts = tally(answers);
    expect(Object.keys(counts).filter((k) => !['200', '409 409'].includes(k))).toEqual([]);
    expect(counts['200']).toBeGreaterThanOrEqual(1);
    expect((await buyer.amount()).body).toMatchObject({ data: { amount: 7 } });
  });

  it('says 409 while its first request is under way', async () => {
    const buyer = await app.buyer();
    const key = randomUUID();
    let first: Promise<string> | undefined;
    await app.admin.transaction(async (tx) => {
      await tx.query('SELECT id FROM member WHERE id = ? FOR UPDATE', [buyer.userId]); // holds the first one up
      first = buyer.charge(9, key).then(outcome);
      await until('the first one has its key', () => isLocked(key));
      const second = await buyer.charge(9, key);
      expect([outcome(second), second.headers['retry-after']]).toEqual(['409 409', '1']);
    });
    expect(await first).toBe('200');
    expect(outcome(await buyer.charge(9, key))).toBe('200'); // a replay of the first
    expect((await buyer.amount()).body).toMatchObject({ data: { amount: 9 } });
  });

  it('is refused with 422 for another body or another endpoint', async () => {
    const buyer = await app.buyer();
    const key = randomUUID();
    await buyer.charge(1, key);
    expect(outcome(await buyer.charge(2, key))).toBe('422 422');
    expect(outcome(await buyer.pay(1, key))).toBe('422 422');
  });

  it('belongs to its user', async () => {
    const [one, other] = [await app.buyer(), await app.buyer()];
    const key = randomUUID();
    await one.charge(1, key);
    expect(outcome(await other.charge(2, key))).toBe('200');
  });

  it('reserves and pays once, and repeats the answer to a payment although the session is over', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 10 });
    const buyer = await app.buyer(100);
    const [holdKey, payKey] = [randomUUID(), randomUUID()];
    const hold = await buyer.reserve(id, at(seats, 0).id, holdKey);
    const held = await buyer.reserve(id, at(seats, 0).id, holdKey);
    expect([held.body, held.headers['idempotency-replayed']]).toEqual([hold.body, 'true']);
    const { reservationId } = (hold.body as { data: { reservationId: number } }).data;
    const paid = await buyer.pay(reservationId, payKey);
    const again = await buyer.pay(reservationId, payKey);
    expect([paid.status, again.status, again.body]).toEqual([200, 200, paid.body]);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(outcome(await buyer.pay(reservationId, randomUUID()))).toBe('403 003');
  });

  it('replays an answer of a version that gave no times with their offset', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const [buyer, key] = [await app.buyer(), randomUUID()];
    const hold = await buyer.reserve(id, at(seats, 0).id, key);
    await app.admin.execute(
      "UPDATE idempotency_key SET answer = JSON_REMOVE(answer, '$.reservedAt', '$.reservedUntil') WHERE id = ?",
      [key],
    );
    const again = await buyer.reserve(id, at(seats, 0).id, key);
    const { reservedAt, reservedUntil, ...before } = (hold.body as { data: Record<string, unknown> }).data;
    expect([reservedAt, reservedUntil]).not.toContain(undefined);
    expect(again.body).toEqual({ resultType: 'SUCCESS', data: before, exception: null });
    expect(Hold.safeParse(before).success).toBe(true); // what the API document promises
  });

  it('remembers a 404, but not a 409: that may be tried again', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 10 });
    const buyer = await app.buyer();
    const reservationId = await buyer.hold(id, at(seats, 0).id);
    const [poor, unknown] = [randomUUID(), randomUUID()];
    expect(outcome(await buyer.pay(reservationId, poor))).toBe('409 005');
    expect(outcome(await buyer.pay(987_654_321, unknown))).toBe('404 404');
    const again = await buyer.pay(987_654_321, unknown);
    expect([outcome(again), again.headers['idempotency-replayed']]).toEqual(['404 404', 'true']);
    await buyer.charge(10);
    expect(outcome(await buyer.pay(reservationId, poor))).toBe('200');
  });

  it('answers a repeated payment as the first, also when the first one ended the session in between', async () => {
    const { proxy, url: redisUrl } = await proxied(testConfig().REDIS_URL);
    const other = await startTestService({
      QUEUE_ID: app.queueId,
      QUEUE_MAX_ACTIVE: 10_000,
      REDIS_URL: redisUrl,
    });
    try {
      const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 10 });
      const [buyer, key] = [await app.buyer(100), randomUUID()];
      const reservationId = await buyer.hold(id, at(seats, 0).id);
      proxy.change({ silent: true });
      const checks = jest.spyOn(mainRoom(other).entries, 'resolve');
      const repeated = buyer
        .elsewhere(other.url)
        .pay(reservationId, key)
        .then((answer) => answer);
      await until('its token is being checked', () => checks.mock.calls.length > 0);
      const paid = await buyer.pay(reservationId, key);
      proxy.change({});
      expect([outcome(paid), outcome(await repeated)]).toEqual(['200', '200']);
      expect((await repeated).body).toEqual(paid.body);
      expect((await repeated).headers['idempotency-replayed']).toBe('true');
    } finally {
      await other.stop();
      await proxy.cut();
    }
  });

  it('answers as was done when it was done while a refusal was being remembered', async () => {
    const buyer = await app.buyer();
    const key = { userId: buyer.userId, id: randomUUID(), fingerprint: Buffer.alloc(32) };
    const service = app.service.container.resolve(IdempotencyService);
    const repository = app.service.container.resolve(IdempotencyRepository);
    const remember = repository.remember.bind(repository);
    const remembers = jest.spyOn(repository, 'remember').mockImplementationOnce(async (...refusal) => {
      await app.admin.execute(
        "INSERT INTO idempotency_key (user_id, id, fingerprint, status, answer) VALUES (?, ?, ?, 200, '7')",
        [key.userId, key.id, key.fingerprint],
      );
      return remember(...refusal);
    });
    const answer = service.run(key, () => Promise.reject(new NotFound('Nothing')));
    await expect(answer).rejects.toThrow(AnsweredMeanwhile);
    remembers.mockRestore();
    await expect(service.recall(key)).resolves.toEqual({ status: 200, answer: 7 });
  });
});
