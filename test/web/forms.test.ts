import request, { type Response } from 'supertest';
import { LoadShedder } from '../../src/http/limits/shedder';
import { ConcertRepository } from '../../src/modules/catalog/repository';
import { DatabaseUnavailable } from '../../src/platform/database/database';
import { FormBuyer, FORMS } from '../support/clients/form-buyer';
import { lockUsers } from '../support/rows/given';
import { UNHURRIED, useService } from '../support/suite';

describe('the forms', () => {
  const app = useService({ HOLD_EXTENSION_SECONDS: 60, MAX_SEATS_PER_USER: 4, ...UNHURRIED });

  const open = async (): Promise<FormBuyer> => {
    const buyer = new FormBuyer(app.url);
    await buyer.get(FORMS);
    return buyer;
  };
  const entered = async (balance = 0): Promise<{ buyer: FormBuyer; userId: number; page: Response }> => {
    const userId = await app.given.user(balance);
    const buyer = await open();
    await buyer.submit('entry', { userId });
    let page = await buyer.get(FORMS);
    while (page.status === 303) page = await buyer.get(page.headers.location ?? '');
    return { buyer, userId, page };
  };
  const ordersOf = async (userId: number): Promise<{ status: string; total: number }[]> =>
    app.admin.query('SELECT status, total FROM orders WHERE user_id = ? ORDER BY id', [userId]);

  /** Opens the page of the seats and chooses there. */
  const choose = async (buyer: FormBuyer, id: number, choice: object, headers = {}): Promise<Response> => {
    await buyer.get(`${FORMS}/seats?scheduleId=${id}`);
    return buyer.submit('orders', choice, headers);
  };

  it('lead from the queue to a ticket: seats, top-up, more time, payment', async () => {
    const { id, title } = await app.given.scheduleWithSeats(6, { amount: 300 });
    const { buyer, userId } = await entered(100);
    expect((await buyer.find(title)).text).toContain(title);
    const held = await choose(buyer, id, { count: 2 });
    expect(held.text).toContain('600');
    await buyer.submit('extension');
    expect(buyer.last?.text).not.toContain('action="/v1/forms/extension"');
    expect(buyer.last?.text).not.toContain('action="/v1/forms/payment"');
    await buyer.submit('balance'); // 500 are missing
    const paid = await buyer.submit('payment');
    expect(paid.text).toContain('data-status="PAID"');
    expect(await ordersOf(userId)).toEqual([{ status: 'PAID', total: 600 }]);
    const enter = jest.spyOn(LoadShedder.prototype, 'enter');
    expect((await buyer.get(`${FORMS}/orders`)).status).toBe(200);
    expect(enter).not.toHaveBeenCalled(); // whose session has ended is no load of the active users
    enter.mockRestore();
    expect((await buyer.get(`${FORMS}/orders?before=1`)).text).not.toContain('data-status');
    expect((await buyer.get(`${FORMS}/orders?before=x`)).status).toBe(400);
    expect((await buyer.get(FORMS)).text).toContain(`action="${FORMS}/departure"`);
    expect((await buyer.submit('departure')).text).toContain('name="userId"');
  });

  it('show a hall page by page', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(501);
    const { buyer } = await entered();
    const shown: number[] = [];
    for (let path = `${FORMS}/seats?scheduleId=${id}`; path !== '';) {
      const { text } = await buyer.get(path);
      shown.push(...[...text.matchAll(/name="seatId" value="(\d+)"/g)].map(([, seatId]) => Number(seatId)));
      path = /href="([^"]*seats\?[^"]*after=[^"]*)"/.exec(text)?.[1]?.replace('&amp;', '&') ?? '';
    }
    expect(shown).toEqual(seats.map((seat) => seat.id));
    for (const after of ['x', '1', '1-', '1-2-3', '1-2&after=3-4'])
      expect((await buyer.get(`${FORMS}/seats?scheduleId=${id}&after=${after}`)).status).toBe(400);
  });

  it('hold the seats that were ticked, and give them back', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(3);
    const { buyer, userId } = await entered();
    await choose(buyer, id, { count: undefined, seatId: seats.slice(0, 2).map((seat) => seat.id) });
    expect(await ordersOf(userId)).toEqual([{ status: 'HELD', total: 200 }]);
    await buyer.submit('release');
    expect(await ordersOf(userId)).toEqual([{ status: 'CANCELED', total: 200 }]);
  });

  it('are held to the rules of the API, and top up an expensive order in several steps', async () => {
    const { id } = await app.given.scheduleWithSeats(2, { amount: 1_000_000_000 });
    const { buyer, userId } = await entered();
    const seats = await buyer.get(`${FORMS}/seats?scheduleId=${id}`);
    const refused = async (page: Response, action: string, entry: Record<string, unknown>): Promise<void> => {
      expect([entry, (await buyer.submit(action, entry)).status]).toEqual([entry, 400]);
      buyer.last = page;
    };
    for (const count of [0, 21, 1.5]) await refused(seats, 'orders', { count });
    const held = await buyer.submit('orders', { count: 2 });
    for (const amount of [0, 1_000_000_001, 999_999_999_999_999, '1e3'])
      await refused(held, 'balance', { amount });
    await buyer.submit('balance');
    await buyer.submit('balance');
    await buyer.submit('payment');
    expect(await ordersOf(userId)).toEqual([{ status: 'PAID', total: 2_000_000_000 }]);
  });

  it('say that seats cannot be read now, and not that there are none', async () => {
    const { id } = await app.given.scheduleWithSeats(1);
    const { buyer } = await entered();
    const concerts = app.service.container.resolve(ConcertRepository);
    const read = jest.spyOn(concerts, 'availableSeats').mockImplementation(() => {
      throw new DatabaseUnavailable(new Error('away'));
    });
    const answer = await buyer.get(`${FORMS}/seats?scheduleId=${id}`);
    read.mockRestore();
    expect([answer.status, answer.text.includes('nothing on sale')]).toEqual([503, false]);
  });

  it('are shed by the same measure as the API', async () => {
    const { buyer, userId } = await entered();
    const enter = jest.spyOn(LoadShedder.prototype, 'enter');
    await buyer.submit('departure');
    await request(app.url).post('/v1/api/queue/token').send({ userId });
    await (await open()).submit('entry', { userId });
    expect([enter.mock.calls.length > 1, new Set(enter.mock.contexts).size]).toEqual([true, 1]);
    enter.mockRestore();
  });

  it('act once when a button is pressed twice', async () => {
    const { id } = await app.given.scheduleWithSeats(1, { amount: 500 });
    const { buyer, userId } = await entered();
    await choose(buyer, id, { count: 1 });
    const form = buyer.formOf('balance');
    const { letGo, locked } = await lockUsers(app.admin, [userId]);
    const presses = [buyer.post('balance', form), buyer.post('balance', form)];
    const second = await Promise.race(presses); // what the browser shows
    letGo();
    await Promise.all([locked, ...presses]);
    expect([second.status, second.text]).toEqual([409, expect.stringContaining('처리하고 있습니다')]);
    const [user] = await app.admin.query('SELECT balance FROM member WHERE id = ?', [userId]);
    expect(user).toEqual({ balance: 500 });
  });

  it('act for each of two buttons, and say that a form was sent before with other entries', async () => {
    const { id } = await app.given.scheduleWithSeats(1, { amount: 500 });
    const { buyer, userId } = await entered();
    await choose(buyer, id, { count: 1 });
    const [topUp, release] = [buyer.formOf('balance'), buyer.formOf('release')];
    await buyer.post('balance', topUp);
    const other = await buyer.post('balance', { ...topUp, amount: 400 });
    expect([other.status, other.text]).toEqual([422, expect.stringContaining('페이지를 다시 연')]);
    expect((await buyer.post('balance', topUp)).status).toBe(200);
    const [user] = await app.admin.query('SELECT balance FROM member WHERE id = ?', [userId]);
    expect(user).toEqual({ balance: 500 });
    await buyer.post('release', release);
    expect(await ordersOf(userId)).toEqual([{ status: 'CANCELED', total: 500 }]);
    const wrong = { ...release, key: 'another', orderId: 999_999_999 };
    for (let sent = 0; sent < 2; sent++) expect((await buyer.post('release', wrong)).status).toBe(404);
  });

  it('say in a page what was refused', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2);
    const rival = await app.buyer();
    await rival.reserve(id, seats[0]?.id ?? 0);
    const { buyer } = await entered();
    const choice = { count: undefined, seatId: seats[0]?.id };
    const refused = await choose(buyer, id, choice, { 'Accept-Language': 'en-GB, ko' });
    expect([refused.status, refused.headers['content-type']]).toEqual([409, 'text/html; charset=utf-8']);
    expect(refused.text).toContain('Somebody was faster');
    const inKorean = await choose(buyer, id, choice);
    expect([inKorean.status, inKorean.text]).toEqual([409, expect.stringContaining('다른 분이 먼저')]);
    const tooLarge = await buyer.submit('orders', { x: 'x'.repeat(9000) });
    expect([tooLarge.status, tooLarge.text]).toEqual([413, expect.stringContaining('양식이 너무 큽니다')]);
    expect((await buyer.get(`${FORMS}/seats?scheduleId=1<b>`)).status).toBe(400);
    expect(buyer.last?.text).not.toContain('<b>');
  });

  it('renew themselves while they wait, and show the position', async () => {
    const { buyer } = await entered();
    expect([200, 303]).toContain((await buyer.get(FORMS)).status); // it may be in at once
    const policy = (await open()).last?.headers['content-security-policy'];
    expect(policy).toMatch(/^default-src 'none'; style-src 'self'/);
  });

  describe('refuse what is not from a page of this site', () => {
    const enterFrom = (buyer: FormBuyer, site: string): Promise<Response> =>
      buyer.submit('entry', { userId: 1 }, { 'Sec-Fetch-Site': site });
    const refusals: [string, (buyer: FormBuyer) => Promise<Response>][] = [
      ['a form without its proof', (buyer) => buyer.post('entry', { userId: 1 })],
      ['another proof', (buyer) => buyer.submit('entry', { userId: 1, proof: 'A'.repeat(43) })],
      [
        'the proof of another buyer',
        async (buyer) => buyer.submit('entry', { userId: 1, proof: (await open()).formOf('entry').proof }),
      ],
      [
        'a proof without its cookie',
        async (buyer) => {
          buyer.cookies.clear();
          return buyer.submit('entry', { userId: 1 });
        },
      ],
      [
        'a cookie that somebody has added',
        async (buyer) => {
          buyer.cookies.set('__Host-buyer', `x; __Host-buyer=${buyer.cookies.get('__Host-buyer') ?? ''}`);
          return buyer.submit('entry', { userId: 1 });
        },
      ],
      ['a form that a browser sends from another site', (buyer) => enterFrom(buyer, 'cross-site')],
      ['a form that a browser sends from a neighbour', (buyer) => enterFrom(buyer, 'same-site')],
      ['an array of proofs', (buyer) => buyer.submit('entry', { userId: 1, proof: ['a', 'b'] })],
    ];
    it.each(refusals)('%s', async (_name, misuse) => {
      const buyer = await open();
      const answer = await misuse(buyer);
      expect(answer.status).toBe(403);
      expect(buyer.cookies.has('__Host-queue-token')).toBe(false);
    });

    it('a proof from before the buyer had an entry', async () => {
      const buyer = await open();
      const { proof } = buyer.formOf('entry');
      await buyer.submit('entry', { userId: await app.given.user() });
      expect((await buyer.post('departure', { proof })).status).toBe(403);
    });

    it('a payment by the token of the cookie alone', async () => {
      const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 0 });
      const { buyer, userId } = await entered();
      await choose(buyer, id, { count: undefined, seatId: seats[0]?.id });
      const { orderId } = buyer.formOf('payment');
      expect((await buyer.post('payment', { orderId })).status).toBe(403);
      expect(await ordersOf(userId)).toEqual([{ status: 'HELD', total: 0 }]);
    });

    it('the cookie in place of the header, on the routes of the API', async () => {
      const { buyer } = await entered();
      const token = buyer.cookies.get('__Host-queue-token') ?? '';
      const answer = await request(app.url)
        .get('/v1/api/orders')
        .set('Cookie', `__Host-queue-token=${token}`);
      expect(answer.status).toBe(401);
    });
  });

  it('set cookies for this host alone, that no script reads and no other site sends', async () => {
    const userId = await app.given.user();
    const buyer = await open();
    const sent = await request(app.url)
      .post(`${FORMS}/entry`)
      .type('form')
      .set('Cookie', [...buyer.cookies].map(([name, value]) => `${name}=${value}`).join('; '))
      .send({ ...buyer.formOf('entry'), userId });
    const lines = sent.headers['set-cookie'] as unknown as string[];
    expect(lines).toHaveLength(2);
    for (const line of lines)
      expect(line).toMatch(/^__Host-[\w-]+=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
  });
});
