import { DeliveryHistory } from '../../src/modules/webhooks/history';
import { EndpointRepository } from '../../src/modules/webhooks/repository';
import { DeliveryRepository } from '../../src/modules/webhooks/delivery/repository';
import { Scratch } from '../support/rows/scratch';

const MANY = 4100;
const PIECE = 2000;
const LONG_AGO = new Date('2020-01-01T00:00:00Z');

describe('a webhook with more deliveries than one statement may change', () => {
  let scratch: Scratch;
  let history: DeliveryHistory;
  let id: number;

  beforeAll(async () => {
    scratch = await Scratch.migrated();
    history = new DeliveryHistory(scratch.app);
  });
  afterAll(() => scratch.drop());
  beforeEach(async () => {
    await scratch.empty();
    const endpoint = { url: 'https://hook.example/', description: '', topics: null, secret: 'whsec_x' };
    id = await new EndpointRepository().add(scratch.admin, endpoint);
    await scratch.admin.execute(
      `INSERT INTO webhook_delivery
         (endpoint_id, outbox_id, event_id, topic, partition_key, payload, occurred_at, status)
       SELECT ?, seq, UUID(), 'payment-notification', seq, '{}', NOW(3), 'FAILED' FROM seq_1_to_${MANY}`,
      [id],
    );
  });

  const count = async (where: string): Promise<number> => {
    const [row] = await scratch.admin.query<{ n: number }>(
      `SELECT COUNT(*) AS n FROM webhook_delivery WHERE ${where}`,
    );
    return row?.n ?? -1;
  };

  it('is sent what was given up in pieces, each committed by itself', async () => {
    const pieces: number[] = [];
    await history.replayFailed(id, (piece) => pieces.push(piece));
    expect(pieces).toEqual([PIECE, PIECE, MANY - 2 * PIECE]);
    expect(await count("status = 'PENDING'")).toBe(MANY);
  });

  it('is sent everything since a time in pieces', async () => {
    const pieces: number[] = [];
    await history.replaySince(id, LONG_AGO, (piece) => pieces.push(piece));
    expect(Math.max(...pieces)).toBeLessThanOrEqual(PIECE);
    expect(pieces.reduce((sum, piece) => sum + piece)).toBe(MANY);
  });

  it('is sent what it has missed, but nothing of the test users of a rehearsal', async () => {
    await scratch.admin.execute(
      "INSERT INTO rehearsal (queue_id, first_user_id, user_count, last_outbox_id) VALUES ('main', 900, 10, 0)",
    );
    await scratch.admin.execute(
      `INSERT INTO outbox (event_id, topic, partition_key, payload, delivered_at)
       SELECT UUID(), 'payment-notification', seq, JSON_OBJECT('userId', 898 + seq), NOW(3) FROM seq_1_to_4`,
    );
    const before = await count('TRUE');
    await history.replaySince(id, LONG_AGO, () => undefined);
    expect((await count('TRUE')) - before).toBe(1); // of user 899
  });

  it('is forgotten in pieces, with the log of its calls', async () => {
    await scratch.admin.execute(
      'INSERT INTO webhook_attempt (delivery_id, http_status, duration_ms) SELECT id, 500, 1 FROM webhook_delivery LIMIT 3',
    );
    expect(await history.log(id, 2)).toHaveLength(2);
    const pieces = jest.spyOn(scratch.app, 'transaction');
    await history.forget(id);
    expect(pieces).toHaveBeenCalledTimes(Math.ceil(MANY / PIECE));
    pieces.mockRestore();
    expect([await count('TRUE'), await history.log(id, 2)]).toEqual([0, []]);
  });

  it('keeps what was called within the days of its log, whenever it was made', async () => {
    await scratch.admin.execute('UPDATE webhook_delivery SET created_at = NOW(3) - INTERVAL 9 DAY LIMIT 3');
    await scratch.admin.execute(
      `INSERT INTO webhook_attempt (delivery_id, at, duration_ms)
       SELECT id, NOW(3) - INTERVAL IF(outbox_id = 1, 6, 8) DAY, 1 FROM webhook_delivery WHERE outbox_id <= 2`,
    );
    await new DeliveryRepository(scratch.app).purge(7);
    expect([await count('TRUE'), await count('outbox_id <= 3')]).toEqual([MANY - 2, 1]);
  });

  it('is counted for itself', async () => {
    await history.replayFailed(id, () => undefined);
    expect(await new DeliveryRepository(scratch.app).states()).toEqual([
      { id, state: 'ok', pending: MANY, oldestAgeS: expect.any(Number) as number },
    ]);
  });
});
