import { Database } from '../../../src/platform/database/database';
import { ConcertRepository } from '../../../src/modules/catalog/repository';
import { until } from '../../support/wait';
import { useService } from '../../support/suite';
import type { Buyer } from '../../support/clients/buyer';

const MANY = 10_000;

interface Listed {
  scheduleId: number;
  concertTitle: string;
  seatId: number;
  position: number;
}

describe('a list', () => {
  const app = useService({ DATABASE_TIMEOUT_MS: 30_000 });
  let buyer: Buyer;
  beforeAll(async () => {
    buyer = await app.buyer();
  });

  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
    fetch(app.url + path, {
      method,
      headers: { Authorization: buyer.token, 'Accept-Encoding': 'identity', ...headers },
    });
  const dataOf = async (answer: Response): Promise<Listed[]> =>
    ((await answer.json()) as { data: Listed[] }).data;

  describe('without an end', () => {
    const title = `Test concert of ${MANY} dates ${process.pid}`;
    let concertId: number;
    beforeAll(async () => {
      concertId = (await app.admin.execute('INSERT INTO concert (title) VALUES (?)', [title])).insertId;
    });
    // Lists of other tests would be as long.
    afterAll(async () => {
      await app.admin.execute(
        'DELETE s FROM concert_seat s JOIN concert_schedule d ON d.id = s.schedule_id WHERE d.concert_id = ?',
        [concertId],
      );
      await app.admin.execute('DELETE FROM concert_schedule WHERE concert_id = ?', [concertId]);
      await app.admin.execute('DELETE FROM concert WHERE id = ?', [concertId]);
    });

    it(`of ${MANY} schedules is whole, in order and at once`, async () => {
      await app.admin.execute(
        `INSERT INTO concert_schedule (concert_id, starts_at, ends_at)
       SELECT ?, NOW(3) + INTERVAL seq HOUR, NOW(3) + INTERVAL seq + 2 HOUR FROM seq_1_to_${MANY}`,
        [concertId],
      );
      await app.admin.execute(
        'INSERT INTO concert_seat (schedule_id, position, amount) SELECT id, 1, 100 FROM concert_schedule WHERE concert_id = ?',
        [concertId],
      );
      const rows = await app.admin.query<{ id: number }>(
        'SELECT id FROM concert_schedule WHERE concert_id = ? ORDER BY starts_at, id',
        [concertId],
      );
      const mine = await until('the list has them', async () => {
        const list = await dataOf(await ask('/v1/api/concerts/schedule'));
        const found = list.filter(({ concertTitle }) => concertTitle === title);
        return found.length > 0 && found;
      });
      expect(mine.map(({ scheduleId }) => scheduleId)).toEqual(rows.map(({ id }) => id));
    });

    it(`of ${MANY} and more seats is whole, in order and at once`, async () => {
      const [first] = await app.admin.query<{ id: number }>(
        'SELECT MIN(id) AS id FROM concert_schedule WHERE concert_id = ?',
        [concertId],
      );
      const id = first?.id ?? 0;
      await app.admin.execute(
        `INSERT INTO concert_seat (schedule_id, position, amount) SELECT ?, seq, 100 FROM seq_2_to_${MANY + 1}`,
        [id],
      );
      const seats = await dataOf(await ask(`/v1/api/concerts/seat?scheduleId=${id}`));
      expect(seats.map(({ position }) => position)).toEqual(
        Array.from({ length: MANY + 1 }, (_, i) => i + 1),
      );
    });
  });

  it('is compressed for clients that accept it, and If-None-Match treats all its encodings as one list', async () => {
    const { id } = await app.given.scheduleWithSeats(500);
    const path = `/v1/api/concerts/seat?scheduleId=${id}`;
    const plain = await ask(path);
    const text = await plain.text();
    expect([plain.headers.get('content-encoding'), plain.headers.get('vary')]).toEqual([
      null,
      'Accept-Encoding',
    ]);
    const etag = plain.headers.get('etag') ?? '';
    for (const [accepted, coding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
      ['*;q=0, gzip', 'gzip'],
    ] as const) {
      const headers = { 'Accept-Encoding': accepted };
      const answer = await until('it is compressed', async () => {
        const one = await ask(path, headers);
        return one.headers.get('content-encoding') !== null && one;
      });
      expect([accepted, answer.headers.get('content-encoding')]).toEqual([accepted, coding]);
      expect(await answer.text()).toBe(text); // fetch has decompressed it
      expect(Number(answer.headers.get('content-length'))).toBeLessThan(text.length / 4);
      expect([answer.headers.get('etag'), answer.headers.get('vary')]).toEqual([etag, 'Accept-Encoding']);
      // The list may have been made again meanwhile, and is plain until it is compressed.
      const head = await until('it is compressed', async () => {
        const one = await ask(path, headers, 'HEAD');
        return one.headers.get('content-encoding') !== null && one;
      });
      for (const name of ['content-encoding', 'content-length', 'etag', 'vary'])
        expect([name, head.headers.get(name)]).toEqual([name, answer.headers.get(name)]);
      for (const method of ['GET', 'HEAD']) {
        const same = await ask(path, { ...headers, 'If-None-Match': `"x", ${etag}` }, method);
        expect([same.status, await same.text()]).toEqual([304, '']);
        expect([
          same.headers.get('etag'),
          same.headers.get('vary'),
          same.headers.get('cache-control'),
        ]).toEqual([etag, 'Accept-Encoding', 'private, no-cache']);
        expect([same.headers.get('content-encoding'), same.headers.get('content-type')]).toEqual([
          null,
          null,
        ]);
      }
    }
  });

  it('that has changed is sent to a client that names the old tag', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(100);
    const path = `/v1/api/concerts/seat?scheduleId=${id}`;
    const etag = (await ask(path)).headers.get('etag') ?? '';
    await (await app.buyer()).hold(id, seats[0]?.id ?? 0);
    const changed = await until('a new list', async () => {
      const one = await ask(path, { 'If-None-Match': etag });
      return one.status === 200 && one;
    });
    expect(await dataOf(changed)).toHaveLength(99);
    expect(changed.headers.get('etag')).not.toBe(etag);
  });

  it.each<['seat' | 'availability', 'sale' | 'availability']>([
    ['seat', 'sale'],
    ['availability', 'availability'],
  ])('%s whose query has a bug is a 500, not a schedule without free seats', async (path, query) => {
    const { id } = await app.given.scheduleWithSeats(1);
    const { container } = app.service;
    const bug = jest.spyOn(container.resolve(ConcertRepository), query).mockImplementation(async () => {
      await container.resolve(Database).query('SELECT FROM concert_seat');
      return undefined;
    });
    const read = (): Promise<Response> => ask(`/v1/api/concerts/${path}?scheduleId=${id}`);
    const answer = await until('the new schedule is public', async () => {
      const one = await read();
      return one.status !== 404 && one;
    });
    bug.mockRestore();
    expect([answer.status, answer.headers.get('x-fallback')]).toEqual([500, null]);
    expect(await answer.json()).toMatchObject({ data: null, exception: { code: '500' } });
    expect((await read()).status).toBe(200);
  });
});
