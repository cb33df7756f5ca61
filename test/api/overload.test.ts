import { Breakers } from '../../src/infra/breakers';
import { Metrics } from '../../src/infra/metrics';
import { outcome } from '../support/buyer';
import { lockMembers } from '../support/given';
import { useService } from '../support/suite';
import { until, wait } from '../support/wait';

/** Above the number that is never refused. */
const CROWD = 100;

describe('more than can be done in time', () => {
  const it_ = useService({ HTTP_QUEUE_MS: 50, DATABASE_ACQUIRE_MS: 20_000 });

  it('is turned away at once with 503 and Retry-After; what was let in is done, and nothing else', async () => {
    const buyers = await it_.visitors(CROWD);
    const userIds = buyers.map(({ userId }) => userId);
    const latecomer = await it_.visitor();
    const { letGo, locked } = await lockMembers(it_.admin, userIds);

    const crowd = buyers.map(async (buyer) => outcome(await buyer.charge(1)));
    const metrics = it_.service.container.resolve(Metrics);
    await until('the crowd is in', () => metrics.requestsInFlight >= CROWD);
    await wait(300);
    const late = await latecomer.charge(1);
    expect(outcome(late)).toBe('503 503');
    expect(late.headers['retry-after']).toBe('1');
    expect((await latecomer.check()).status).toBe(200); // looks at the line go on
    letGo();
    await locked;

    expect(await Promise.all(crowd)).toEqual(Array(CROWD).fill('200'));
    expect(outcome(await latecomer.charge(1))).toBe('200');
    const charged = 'SELECT SUM(balance) AS won FROM member WHERE id';
    expect(await it_.admin.rows(`${charged} IN (${userIds.join()})`)).toEqual([{ won: CROWD }]);
    expect((await latecomer.amount()).body).toMatchObject({ data: { amount: 1 } });
    expect((await metrics.requestsShed.get()).values[0]?.value).toBe(1);
    expect(it_.service.container.resolve(Breakers).concert.state).toBe('closed');
  });
});
