import { request } from 'node:http';
import fc from 'fast-check';
import { at } from '../../support/at';
import { expectInvariants } from '../../support/invariants';
import { useService } from '../../support/suite';
import { type Answer, ApiDocument, type Operation } from './document';
import { type FuzzRequest, type Known, requestsFor } from './requests';

/** Of each endpoint; more of them: FUZZ_RUNS=4000 npm test -- test/security/fuzz */
const RUNS = Number(process.env.FUZZ_RUNS ?? 150);
const LIMIT_MS = 600_000 + 200 * RUNS;
const BUYERS = 30;

describe('whatever is asked', () => {
  const app = useService({ MAX_SEATS_PER_USER: 3 });
  let document: ApiDocument;
  let tokens: string[];
  let known: Known;

  beforeAll(async () => {
    document = new ApiDocument((await (await fetch(`${app.url}/openapi.json`)).json()) as never);
    const { id, seats } = await app.given.scheduleWithSeats(200, { amount: 5 });
    const buyers = await app.buyers(BUYERS, 20);
    const holds = await Promise.all(
      buyers.slice(0, BUYERS / 2).map((buyer, i) => buyer.hold(id, at(seats, i).id)),
    );
    tokens = ['', 'garbage', ...buyers.map(({ token }) => token)];
    known = {
      userId: fc.constantFrom(...buyers.map(({ userId }) => userId)),
      scheduleId: fc.constant(id),
      seatId: fc.constantFrom(...seats.map((seat) => seat.id)),
      reservationId: fc.constantFrom(...holds),
      orderId: fc.constantFrom(...(await ordersOf(holds))),
      amount: fc.constantFrom(1, 5),
      queueId: fc.constant(app.queueId),
    };
  });
  afterAll(() => expectInvariants({ queueIds: [app.queueId] }));

  const ordersOf = async (reservationIds: number[]): Promise<number[]> => {
    const rows = await app.admin.query<{ id: number }>(
      `SELECT order_id AS id FROM reservation WHERE id IN (${reservationIds.join()})`,
    );
    return rows.map(({ id }) => id);
  };

  /** Sends it; of a stream of events only the beginning is read. */
  const ask = (method: string, { path, headers, body }: FuzzRequest): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request(app.url + path, { method, headers }, (response) => {
        const type = (response.headers['content-type'] ?? '').split(';')[0] ?? '';
        const answered = (): void => resolve({ status: response.statusCode ?? 0, type, text });
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
          if (type !== 'text/event-stream' || !text.includes('data: ') || !text.endsWith('\n\n')) return;
          answered();
          response.destroy();
        });
        response.on('end', answered);
        response.on('close', () => reject(new Error(`${method} ${path}: the answer was cut off`)));
      });
      sent.on('error', reject);
      sent.end(body);
    });

  const everyAnswerFits = async (operation: Operation): Promise<void> => {
    await fc.assert(
      fc.asyncProperty(requestsFor(operation, tokens, known), async (asked) => {
        const answer = await ask(operation.method, asked);
        expect(document.objection(operation, answer)).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  };

  it(
    'is answered as the API document says, and never with 5xx',
    async () => {
      expect(document.operations.length).toBeGreaterThanOrEqual(10);
      for (const operation of document.operations) await everyAnswerFits(operation);
    },
    LIMIT_MS,
  );

  it('with each kind of refusal made on purpose, fits the document as well', async () => {
    const [buyer, other] = [await app.buyer(0), await app.buyer(0)];
    const { id, seats } = await app.given.scheduleWithSeats(2, { amount: 5 });
    const reservationId = await buyer.hold(id, at(seats, 0).id);
    const [reserve, pay, seat] = ['concerts/reserve', 'concerts/payment', `concerts/seat?scheduleId=${id}`];
    const made: [status: number, path: string, token: string, body?: string, type?: string][] = [
      [200, seat, buyer.token],
      [400, 'concerts/seat?scheduleId=none', buyer.token],
      [401, seat, 'garbage'],
      [403, pay, other.token, JSON.stringify({ reservationId })],
      [404, reserve, buyer.token, JSON.stringify({ scheduleId: 2 ** 31 - 1, seatId: 1 })],
      [409, reserve, other.token, JSON.stringify({ scheduleId: id, seatId: at(seats, 0).id })],
      [409, pay, buyer.token, JSON.stringify({ reservationId })],
      [413, reserve, buyer.token, JSON.stringify({ scheduleId: 'x'.repeat(100_000) })],
      [415, reserve, buyer.token, 'text', 'text/plain'],
    ];
    const answered: unknown[] = [];
    for (const [, target, token, body, type = 'application/json'] of made) {
      const path = `/v1/api/${target}`;
      const headers = { Authorization: token, ...(body === undefined ? {} : { 'Content-Type': type }) };
      const method = body === undefined ? 'GET' : 'POST';
      const answer = await ask(method, { path, headers, body });
      const operation = document.operations.find(
        (one) => one.method === method && one.path === path.replace(/\?.*/, ''),
      );
      answered.push([answer.status, operation && document.objection(operation, answer)]);
    }
    expect(answered).toEqual(made.map(([status]) => [status, undefined]));
  });
});
