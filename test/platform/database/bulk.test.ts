import { randomUUID } from 'node:crypto';
import type { Connection } from 'mariadb';
import { isForBulk } from '../../../src/platform/database/connection/bulk';
import { PreparedExecutor } from '../../../src/platform/database/connection/prepared';
import { type SqlParam, type SqlWriter } from '../../../src/platform/database/database';
import { at } from '../../support/at';
import { openDatabase } from '../../support/rows/given';

const INSERT = `
  INSERT INTO outbox (event_id, topic, partition_key, payload, attempts, next_try_at)
  VALUES (?, ?, ?, ?, ?, ?)`;
const BULK = 1n << 34n;

type Row = Record<string, unknown>;

const prepare = (): Promise<{ close: () => void }> => Promise.resolve({ close: () => undefined });
const connectionTo = (serverCapabilities: bigint, methods: Partial<Connection> = {}): Connection =>
  ({ info: { serverCapabilities }, prepare, ...methods }) as unknown as Connection;

describe('rows that can go in bulk', () => {
  it.each<[string, boolean, bigint, SqlParam]>([
    ['texts, numbers, times and NULL', true, BULK | 1n, new Date(0)],
    ['rows for a server that does not know the protocol', false, 1n, null],
    ['bytes', false, BULK, Buffer.of(1)],
  ])('%s: %s', (_what, expected, capabilities, value) => {
    const rows = [
      ['a', 1, null],
      ['b', 2, value],
    ];
    expect(isForBulk(connectionTo(capabilities), rows)).toBe(expected);
  });

  it('are refused when not all that were inserted come back', async () => {
    const connection = connectionTo(BULK, {
      batch: (() => Promise.resolve([{ id: 1 }])) as unknown as Connection['batch'],
    });
    const inserting = new PreparedExecutor(connection).insertRows(`${INSERT} RETURNING id`, [['x'], ['y']]);
    await expect(inserting).rejects.toThrow('1 of 2 rows came back');
  });

  it('go by the text protocol when the server has no room for another prepared statement', async () => {
    const full = Object.assign(new Error('max_prepared_stmt_count'), { errno: 1461, sqlState: '42000' });
    const query = jest.fn(() => Promise.resolve([]));
    const connection = connectionTo(BULK, {
      prepare: () => Promise.reject(full),
      query: query as unknown as Connection['query'],
    });
    await new PreparedExecutor(connection).insertRows('INSERT INTO t (a) VALUES (?)', [['x'], ['y']]);
    expect(query).toHaveBeenCalledWith('INSERT INTO t (a) VALUES (?), (?)', ['x', 'y']);
  });

  it('are refused with the error of the server, which is not tried in another way', async () => {
    const connection = connectionTo(BULK, { batch: () => Promise.reject(new Error('a duplicate')) });
    const inserting = new PreparedExecutor(connection).insertRows(INSERT, [['x'], ['y']]);
    await expect(inserting).rejects.toThrow('a duplicate');
  });
});

describe('rows inserted in bulk', () => {
  const database = openDatabase(1);
  afterAll(() => database.close());

  const executed = async (tx: SqlWriter): Promise<number> => {
    const [row] = await tx.query<{ Value: string }>("SHOW SESSION STATUS LIKE 'Com_stmt_execute'");
    return Number(row?.Value);
  };

  it('are one statement, stand in their order, come back in it and are what was given', async () => {
    const key = randomUUID();
    const times = [new Date('2026-01-02T03:04:05.678Z'), null];
    const rows: SqlParam[][] = Array.from({ length: 40 }, (_, i) => [
      randomUUID(),
      `topic ${i} ‘ü’`,
      key,
      JSON.stringify({ i, large: Number.MAX_SAFE_INTEGER }),
      i % 3,
      at(times, i % 2),
    ]);
    const seen = database.transaction(async (tx) => {
      const before = await executed(tx);
      const returned = await tx.insertRows<{ topic: string }>(`${INSERT} RETURNING id, topic`, rows);
      const statements = (await executed(tx)) - before - 1; // the question itself is one
      const found = await tx.query(
        `SELECT id, event_id AS e, topic AS t, partition_key AS k, payload AS p, attempts AS a, next_try_at AS n
           FROM outbox WHERE partition_key = ? ORDER BY id`,
        [key],
      );
      throw Object.assign(new Error('nothing is left'), { statements, returned, found });
    });
    const { statements, returned, found } = await seen.then(
      () => undefined as never,
      (error: unknown) => error as { statements: number; returned: Row[]; found: Row[] },
    );
    expect(statements).toBe(1);
    expect(returned.map(({ topic }) => topic)).toEqual(rows.map(([, topic]) => topic));
    expect(found).toEqual(
      rows.map(([e, t, k, p, a, n], i) => ({ id: at(returned, i).id, e, t, k, p, a, n })),
    );
  });
});
