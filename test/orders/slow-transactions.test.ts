import { BatchMetrics } from '../../src/platform/database/batch/metrics';
import { Database } from '../../src/platform/database/database';
import { tally } from '../support/clients/buyer';
import { at } from '../support/at';
import { useService } from '../support/suite';
import { until, wait } from '../support/wait';

const ACQUIRE_MS = 1000;
/** Locks are waited for for two thirds of it. */
const TIMEOUT_MS = 60_000;
/** As many batches of holds are under way at once. */
const PARALLEL = 2;

describe('holds behind transactions that take long', () => {
  const app = useService({ DATABASE_ACQUIRE_TIMEOUT_MS: ACQUIRE_MS, DATABASE_TIMEOUT_MS: TIMEOUT_MS });

  it('wait for their turn as long as a transaction may take, and are made', async () => {
    const busy = await app.given.scheduleWithSeats(PARALLEL);
    const other = await app.given.scheduleWithSeats(1);
    // Connections that are open are lent at once; to make one may take longer than ACQUIRE_MS on a busy machine.
    const database = app.service.container.resolve(Database);
    const query = (): Promise<unknown> => database.query('SELECT SLEEP(0.05)');
    await until('connections are open', () =>
      Promise.all(Array.from({ length: 8 }, query)).then(
        () => true,
        () => false,
      ),
    );
    const buyers = await until('buyers', () => app.buyers(PARALLEL + 1).catch(() => undefined));
    const batches = async (): Promise<number> =>
      (await app.service.container.resolve(BatchMetrics).size.get()).values.find(
        ({ metricName, labels }) => metricName?.endsWith('_count') === true && labels.kind === 'hold',
      )?.value ?? 0;
    const held = await app.admin.transaction(async (tx) => {
      await tx.query(`SELECT id FROM concert_schedule WHERE id = ${busy.id} FOR UPDATE`);
      const asked = [];
      for (const [i, { id }] of busy.seats.entries()) {
        asked.push(
          at(buyers, i)
            .reserve(busy.id, id)
            .then((answer) => answer),
        );
        await until('its batch has begun', async () => (await batches()) > i);
      }
      asked.push(
        at(buyers, PARALLEL)
          .reserve(other.id, at(other.seats, 0).id)
          .then((answer) => answer),
      );
      await wait(1.5 * ACQUIRE_MS);
      return asked;
    });
    expect(tally(await Promise.all(held))).toEqual({ '200': PARALLEL + 1 });
  });
});
