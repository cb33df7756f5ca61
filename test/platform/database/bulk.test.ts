import { randomUUID } from 'node:crypto';
import type { Connection } from 'mariadb';
import { isForBulk } from '../../../src/platform/database/connection/bulk';
import { PreparedExecutor } from '../../../src/platform/database/connection/prepared';
import { Database, type SqlParam, type SqlWriter } from '../../../src/platform/database/database';
import { testConfig } from '../../support/config';

const INSERT =
  'INSERT INTO outbox (event_id, topic, partition_key, payload, attempts) VALUES (?, ?, ?, ?, ?)';
const BULK = 1n << 34n;

const connectionTo = (serverCapabilities: bigint, methods: Partial<Connection> = {}): Connection =>
  ({ info: { serverCapabilities }, ...methods }) as unknown as Connection;

describe('rows that can go in bulk', () => {
  it.each<[string, boolean, bigint, string, SqlParam]>([
    ['texts, numbers and NULL', true, BULK | 1n, INSERT, null],
    ['rows for a server that does not know the protocol', false, 1n, INSERT, null],
    ['rows whose ids are to be returned', false, BULK, `${INSERT} RETURNING id`, null],
    ['a time, at which the connector would begin another packet', false, BULK, INSERT, new Date(0)],
    ['bytes', false, BULK, INSERT, Buffer.of(1)],
  ])('%s: %s', (_what, expected, capabilities, sql, value) => {
    expect(
      isForBulk(connectionTo(capabilities), sql, [
        ['a', 1],
        ['b', value],
      ]),
    ).toBe(expected);
  });

  it('go by the text protocol when the server has no room for another prepared statement', async () => {
    const full = Object.assign(new Error('max_prepared_stmt_count'), { errno: 1461, sqlState: '42000' });
    const query = jest.fn(() => Promise.resolve([]));
    const connection = connectionTo(BULK, {
      batch: () => Promise.reject(full),
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
  const database = new Database({
    url: testConfig().DATABASE_URL,
    poolMax: 1,
    acquireMs: 60_000,
    timeoutMs: 60_000,
  });
  afterAll(() => database.close());

  const executed = async (tx: SqlWriter): Promise<number> => {
    const [row] = await tx.query<{ Value: string }>("SHOW SESSION STATUS LIKE 'Com_stmt_execute'");
    return Number(row?.Value);
  };

  it('are one statement, stand in their order and are what was given', async () => {
    const key = randomUUID();
    const rows: SqlParam[][] = Array.from({ length: 40 }, (_, i) => [
      randomUUID(),
      `topic ${i} ‘ü’`,
      key,
      JSON.stringify({ i, large: Number.MAX_SAFE_INTEGER }),
      i % 3,
    ]);
    const seen = database.transaction(async (tx) => {
      const before = await executed(tx);
      await tx.insertRows(INSERT, rows);
      const statements = (await executed(tx)) - before - 1; // the question itself is one
      const found = await tx.query(
        `SELECT event_id AS e, topic AS t, partition_key AS k, payload AS p, attempts AS a
           FROM outbox WHERE partition_key = ? ORDER BY id`,
        [key],
      );
      throw Object.assign(new Error('nothing is left'), { statements, found });
    });
    await expect(seen).rejects.toMatchObject({
      statements: 1,
      found: rows.map(([e, t, k, p, a]) => ({ e, t, k, p, a })),
    });
  });
});
