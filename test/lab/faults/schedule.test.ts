import { nemeses } from '../../../lab/faults/nemesis';
import { plan } from '../../../lab/faults/schedule';

describe('the schedule of faults', () => {
  const shape = { apis: 2, workers: 2, kafka: true };
  const names = [...nemeses.map(({ name }) => name), 'mixed'];

  it('is the same for the same seed, another for another, and all of it lies within its phase', () => {
    const [one, same, other] = [7, 7, 8].map((seed) => plan(names, seed, 20_000, shape, nemeses));
    expect(one).toEqual(same);
    expect(one).not.toEqual(other);
    expect(plan(['kill-mariadb'], 7, 20_000, shape, nemeses)[0]).toEqual(
      one?.find(({ name }) => name === 'kill-mariadb'),
    );
    for (const { faults } of one ?? []) {
      expect(faults.length).toBeGreaterThan(0);
      for (const { atMs, lastsMs } of faults) expect(atMs + lastsMs).toBeLessThan(20_000);
    }
  });
});
