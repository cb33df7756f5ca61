import { kafkaBrokers } from '../support/clients/kafka';
import { Bench } from '../support/rows/events';
import { until, wait } from '../support/wait';

const HELD = 'reservation-notification';
const PAID = 'payment-notification';

describe.each(['in-process', 'through Kafka'])('events of one reservation, %s', (way) => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench(way === 'in-process' ? '' : kafkaBrokers());
  });
  afterEach(() => bench.close());

  /** What was delivered of a reservation, in order. */
  const toldOf = (reservationId: number): string[] =>
    bench.recorder.done
      .filter((it) => it.reservationId === reservationId)
      .map(({ topic }) => topic.slice(bench.prefix.length));

  const emitBoth = async (reservationId: number): Promise<{ held: string; paid: string }> => ({
    held: await bench.emit(HELD, { reservationId }),
    paid: await bench.emit(PAID, { reservationId }),
  });

  test('a hold is delivered before its sale, whichever worker and topic they go through', async () => {
    const reservations = Array.from({ length: 25 }, (_, i) => i + 1);
    for (const id of reservations) await emitBoth(id);
    bench.recorder.act = ({ reservationId, topic }) => wait(topic.endsWith(HELD) ? reservationId % 5 : 0);
    await Promise.all([bench.worker(), bench.worker()]);
    await until('all delivered', () => bench.recorder.done.length === 2 * reservations.length);
    for (const id of reservations) expect(toldOf(id)).toEqual([HELD, PAID]);
    await until('all marked', async () => (await bench.open()) === 0);
  });

  test('two workers: every event is delivered exactly once and those of a key in order', async () => {
    await Promise.all([bench.worker(), bench.worker()]);
    bench.recorder.act = () => wait(bench.recorder.tries.length % 4);
    const [keys, perKey] = way === 'in-process' ? [10, 30] : [30, 3];
    for (let i = 0; i < perKey; i++)
      for (let key = 1; key <= keys; key++) await bench.emit(PAID, { reservationId: key, paymentAmount: i });

    await until('all notified', async () => (await bench.counted('notified')) === keys * perKey);
    await until('all marked', async () => (await bench.open()) === 0);
    expect(bench.recorder.tries).toHaveLength(keys * perKey);
    for (let key = 1; key <= keys; key++) {
      const ofKey = bench.recorder.done.filter(({ reservationId }) => reservationId === key);
      const order = ofKey.map(({ message }) => Number(/of (\d+) won/.exec(message)?.[1]));
      expect(order).toEqual(Array.from({ length: perKey }, (_, i) => i));
    }
  });

  test('a sale waits for a hold that fails, until it is delivered or given up, and holds up no other', async () => {
    const [failing, poison, good] = [1, 2, 3];
    const isDone = (reservationId: number): boolean => toldOf(reservationId).includes(PAID);
    let left = 4; // three tries, and one from the DLQ
    bench.recorder.act = async ({ reservationId, topic }) => {
      if (!topic.endsWith(HELD)) return;
      if (reservationId === poison || (reservationId === failing && left-- > 0))
        throw new Error('no such phone');
      // The sale of another reservation goes on meanwhile, however long the hold that fails takes.
      if (reservationId === failing) await until('the other is done', () => isDone(good));
    };
    const first = await emitBoth(failing);
    const second = await emitBoth(poison);
    const third = await emitBoth(good);
    await bench.worker();
    await until('all sales delivered', () =>
      [first, second, third].every(({ paid }) => bench.recorder.doneOf(paid) === 1),
    );
    expect([failing, poison, good].map(toldOf)).toEqual([[HELD, PAID], [PAID], [HELD, PAID]]);
    expect(bench.recorder.triesOf(second.held)).toHaveLength(3 + 2);
    const lastTry = Math.max(...bench.recorder.triesOf(second.held));
    expect(Math.min(...bench.recorder.triesOf(second.paid))).toBeGreaterThan(lastTry);
    await expect(bench.outbox(second.held)).resolves.toMatchObject({ givenUp: 1, attempts: 5 });
    const order = bench.recorder.done.map(({ eventId }) => eventId);
    expect(order.indexOf(third.paid)).toBeLessThan(order.indexOf(first.held));
  });
});
