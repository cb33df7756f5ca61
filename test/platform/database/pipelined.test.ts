import { randomBytes } from 'node:crypto';
import { openDatabase } from '../../support/rows/given';

describe('reads of a transaction that travel together', () => {
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
});
