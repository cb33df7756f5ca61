import { csvLine } from '../../src/modules/organizer/exports/csv';
import { Database } from '../../src/platform/database/database';
import { csvLines } from '../../src/modules/organizer/layouts/csv';
import { givenOrders } from '../support/rows/orders';
import { dataOf, givenOperator, OrganizerClient } from '../support/rows/organizer';
import { UNHURRIED, useService } from '../support/suite';

describe('an export', () => {
  const app = useService({ ...UNHURRIED, MANAGEMENT_PORT: 0 });
  let url: string;
  let key: string;
  let organizer: OrganizerClient;
  beforeAll(async () => {
    url = app.managementUrl;
    ({ key } = await givenOperator(app.admin, 'admin'));
    organizer = new OrganizerClient(url, key);
  });

  const download = async (path: string): Promise<{ text: string; headers: Headers }> => {
    const answer = await fetch(`${url}/v1/admin/exports/${path}`, {
      headers: { Authorization: `Bearer ${key}` },
    });
    expect(answer.status).toBe(200);
    return { text: await answer.text(), headers: answer.headers };
  };
  const records = (text: string): Record<string, string>[] => {
    const [header = [], ...rows] = csvLines(text);
    return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? ''])));
  };

  it('of a schedule has each of its orders, seats and ledger entries once, over many chunks', async () => {
    const { scheduleId } = await organizer.published({ rows: 50, seatsPerRow: 100, price: 7 });
    await givenOrders(app.admin, scheduleId, 4500);
    const orders = records((await download(`orders.csv?scheduleId=${scheduleId}`)).text);
    expect(orders).toHaveLength(4500);
    expect(new Set(orders.map(({ id }) => id)).size).toBe(4500);
    expect(orders[0]).toMatchObject({ status: 'PAID', total: '7', positions: '1', concertTitle: 'Given' });
    const seats = records((await download(`seats.csv?scheduleId=${scheduleId}`)).text);
    expect(seats.filter(({ status }) => status === 'AVAILABLE')).toHaveLength(500);
    const query = jest.spyOn(app.service.container.resolve(Database), 'query');
    const ledger = records((await download(`ledger.csv?scheduleId=${scheduleId}`)).text);
    const windows = query.mock.calls.filter(([sql]) => sql.includes('FROM payment_history h'));
    query.mockRestore();
    // However large the ledger is, a statement reads a bounded part of it.
    expect(windows.map(([, binds]) => Number(binds?.[1]) - Number(binds?.[0]))).toEqual(
      windows.map(() => 20_000),
    );
    expect([ledger.length, ledger[0]?.amount, ledger[0]?.kind]).toEqual([4500, '-7', 'PAYMENT']);
    const empty = [orders, seats, ledger].map(([first = {}]) =>
      Object.keys(first).filter((name) => first[name] === ''),
    );
    expect(empty).toEqual([['endedAt'], [], []]); // each column has its value
  });

  it('is a file, and what a buyer or operator has written runs in no spreadsheet', async () => {
    const { scheduleId } = await organizer.published();
    const reason = '=HYPERLINK("http://example.com","refund")';
    dataOf(await organizer.post(`schedules/${scheduleId}/cancellation`, { reason }));
    const { text, headers } = await download(`audit.csv?scheduleId=${scheduleId}`);
    expect(headers.get('content-type')).toContain('text/csv');
    expect(headers.get('content-disposition')).toBe('attachment; filename="audit.csv"');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(records(text).at(-1)).toMatchObject({ act: 'schedule.cancel', reason: `'${reason}` });
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1+1', '＋1', '－1', '＠SUM'])(
    'begins no field as a spreadsheet begins a formula: %j',
    (text) => {
      expect([...csvLines(csvLine([text, -1]))]).toEqual([[`'${text}`, '-1']]);
    },
  );

  it('quotes what separates fields where a comma is the decimal point', () => {
    expect(csvLine(['a;=1+1', 'a\t=1', 'a b'])).toBe('"a;=1+1","a\t=1",a b\r\n');
  });

  it('reads nothing to say what it is', async () => {
    const query = jest.spyOn(app.service.container.resolve(Database), 'query');
    const headers = { Authorization: `Bearer ${key}` };
    const answer = await fetch(`${url}/v1/admin/exports/orders.csv`, { method: 'HEAD', headers });
    const reads = query.mock.calls.filter(([sql]) => sql.includes('FROM orders o WHERE o.id > ?'));
    query.mockRestore();
    expect([answer.status, answer.headers.get('content-type'), reads]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
      [],
    ]);
  });

  it.each(['orders', 'seats', 'ledger', 'audit'])('of no %s has its header all the same', async (name) => {
    const empty = (await download(`${name}.csv?scheduleId=999999999`)).text;
    expect(empty).toMatch(/^id,[\w,]+\r\n$/);
  });

  it('that its reader breaks off ends, and frees its connection', async () => {
    const { scheduleId } = await organizer.published({ rows: 100, seatsPerRow: 200 });
    const abort = new AbortController();
    const answer = await fetch(`${url}/v1/admin/exports/seats.csv?scheduleId=${scheduleId}`, {
      headers: { Authorization: `Bearer ${key}` },
      signal: abort.signal,
    });
    await answer.body?.getReader().read();
    abort.abort();
    expect((await download(`seats.csv?scheduleId=${scheduleId}`)).text.split('\r\n')).toHaveLength(20_002);
  });
});
