import { HttpMetrics } from '../../src/http/metrics';
import { outcome, tally } from '../support/clients/buyer';
import { lockUsers } from '../support/rows/given';
import { useService } from '../support/suite';
import { until } from '../support/wait';

describe('one user who sends very many requests at once', () => {
  const app = useService({ DATABASE_POOL_MAX: 8, DATABASE_TIMEOUT_MS: 60_000 });

  it('waits only for its own requests: others are served, and the excess is refused', async () => {
    const [hog, other] = [await app.buyer(), await app.buyer()];
    const { letGo, locked } = await lockUsers(app.admin, [hog.userId]);
    const asked = Array.from({ length: 100 }, () => hog.charge(1).then((answer) => answer));
    const metrics = app.service.container.resolve(HttpMetrics);
    await until('all are asked', () => metrics.requestsInFlight === 100);
    expect(outcome(await hog.charge(1))).toBe('429 429');
    expect(outcome(await hog.seats(1))).toBe('429 429'); // a list that is not in memory is read from the database
    expect(outcome(await other.charge(1))).toBe('200');
    letGo();
    await locked;
    expect(tally(await Promise.all(asked))).toEqual({ '200': 100 });
    expect(outcome(await hog.charge(1))).toBe('200');
  });
});
