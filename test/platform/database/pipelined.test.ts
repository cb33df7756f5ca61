import { randomBytes, randomUUID } from 'node:crypto';
import type { Connection } from 'mariadb';
import { answersOf } from '../../../src/platform/database/database';
import { inTransaction } from '../../../src/platform/database/transaction';
import { openDatabase } from '../../support/rows/given';

const INSERT = 'INSERT INTO outbox (event_id, topic, partition_key, payload) VALUES (?, ?, ?, ?)';

class Undone extends Error {
  constructor(readonly counted: unknown) {
    super(`counted ${String(counted)}`);
  }
}

describe('statements of a transaction that travel together', () => {
  const database = openDatabase(1);
  afterAll(() => database.close());

  it('reach the server in their order, also when the first has to be prepared and the second has been', async () => {
    const later = 'SELECT @order_of_statements AS found';
    await database.transaction((tx) => tx.read(later)); // the only connection has it prepared now
    for (let i = 0; i < 10; i++) {
      const name = randomBytes(8).toString('hex');
      const never = `SELECT @order_of_statements := ? AS a${name}`; // has never been prepared
      const [, found] = await database.transaction((tx) =>
        Promise.all([tx.read(never, [name]), tx.read<{ found: string }>(later)]),
      );
      expect(found).toEqual([{ found: name }]);
    }
  });

  it('reach the server in their order also when they insert rows in bulk', async () => {
    for (let i = 0; i < 10; i++) {
      const topic = `test-${randomBytes(8).toString('hex')}`;
      const rows = [1, 2].map(() => [randomUUID(), topic, 'key', '{}']);
      const count = 'SELECT COUNT(*) AS count FROM outbox WHERE topic = ?';
      const counting = database.transaction(async (tx) => {
        await tx.query(count, [topic]); // prepared now; the next has never been
        const [, counted] = await answersOf([
          tx.insertRows(`${INSERT} /* ${topic} */`, rows),
          tx.query<{ count: number }>(count, [topic]),
        ]);
        throw new Undone(counted[0]?.count);
      });
      await expect(counting).rejects.toEqual(new Undone(2));
    }
  });

  it('are not committed behind one with which the server has ended the transaction, as a deadlock does', async () => {
    const topic = `test-${randomBytes(8).toString('hex')}`;
    const work = database.transaction((tx) =>
      answersOf([
        tx.execute('ROLLBACK'),
        tx.execute(INSERT, [randomUUID(), topic, 'key', '{}']),
        tx.query('SELECT FROM nothing'),
      ]),
    );
    await expect(work).rejects.toThrow('FROM nothing');
    expect(await database.query('SELECT 1 FROM outbox WHERE topic = ?', [topic])).toEqual([]);
  });

  it('fail by the first that has failed', async () => {
    const work = database.transaction((tx) =>
      answersOf([
        tx.insertRows('INSERT INTO outbox VALUES the_first (?)', [[1], [2]]),
        tx.query('SELECT FROM the_second'),
      ]),
    );
    await expect(work).rejects.toThrow('the_first');
  });

  it('leave a connection whose statements commit by themselves, whether they are committed or not', async () => {
    const commits = 'SELECT @@autocommit AS commits';
    await database.transaction((tx) => tx.query('SELECT 1'));
    expect(await database.query(commits)).toEqual([{ commits: 1 }]);
    await expect(database.transaction((tx) => tx.query('SELECT FROM nothing'))).rejects.toThrow();
    expect(await database.query(commits)).toEqual([{ commits: 1 }]);
    const endedByServer = database.transaction((tx) =>
      answersOf([tx.execute('ROLLBACK'), tx.query('SELECT FROM nothing')]),
    );
    await expect(endedByServer).rejects.toThrow();
    expect(await database.query(commits)).toEqual([{ commits: 1 }]);
  });

  it.each([
    ['SET autocommit = 0', 'failed', ['SET autocommit = 0', 'ROLLBACK', 'SET autocommit = 1']],
    [
      'COMMIT',
      'failed',
      ['SET autocommit = 0', 'COMMIT', 'SET autocommit = 1', 'ROLLBACK', 'SET autocommit = 1'],
    ],
    ['SET autocommit = 1', 'done', ['SET autocommit = 0', 'COMMIT', 'SET autocommit = 1', 'given up']],
  ])('give no connection back whose state is unknown, when %s fails', async (failing, outcome, expected) => {
    const sent: string[] = [];
    const send = async (sql: string): Promise<void> => {
      sent.push(sql);
      await Promise.resolve();
      if (sql === failing) throw new Error(sql);
    };
    const connection = { query: send, destroy: () => sent.push('given up') } as unknown as Connection;
    const work = inTransaction(connection, () => Promise.resolve('done')).catch(() => 'failed');
    expect(await work).toBe(outcome);
    expect(sent).toEqual(expected);
  });
});
