import { Metrics } from '../../src/infra/metrics';
import { outcome, tally } from '../support/buyer';
import { useService } from '../support/suite';
import { until } from '../support/wait';

describe('one visitor who asks for everything at once', () => {
  const it_ = useService({ DATABASE_POOL_MAX: 8, DATABASE_TIMEOUT_MS: 20_000 });

  it('waits for itself: others are served, and what is too much is refused', async () => {
    const [hog, other] = [await it_.visitor(), await it_.visitor()];
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const locked = it_.admin.transaction(async (tx) => {
      await tx.rows('SELECT id FROM member WHERE id = ? FOR UPDATE', [hog.userId]);
      await held;
    });
    const asked = Array.from({ length: 100 }, () => hog.charge(1).then((answer) => answer));
    const metrics = it_.service.container.resolve(Metrics);
    await until('all are asked', () => metrics.requestsInFlight === 100);
    expect(outcome(await hog.charge(1))).toBe('429 429');
    expect(outcome(await other.charge(1))).toBe('200');
    letGo();
    await locked;
    expect(tally(await Promise.all(asked))).toEqual({ '200': 100 });
    expect(outcome(await hog.charge(1))).toBe('200');
  });
});
