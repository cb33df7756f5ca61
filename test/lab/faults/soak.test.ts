import type { Evidence } from '../../../lab/faults/observed/evidence';
import { recoveryMs } from '../../../lab/faults/report';
import { soakTable } from '../../../lab/faults/runs/soak';

describe('the soak', () => {
  const growing = (name: string, by: number, perVisit = 0): string[] => {
    const samples = Array.from({ length: 13 }, (_, i) => ({
      atSeconds: i,
      values: { visits: 1000 * i, [name]: 100 + by * Math.max(0, i - 6) + perVisit * 1000 * i },
    }));
    return soakTable({ samples }).grown;
  };

  it('finds what grows, by a margin of its kind', () => {
    expect(growing('api0 RSS, MB', 5)).toEqual(['api0 RSS, MB']);
    expect(growing('worker0 heap, MB', 2)).toEqual(['worker0 heap, MB']);
    expect(growing('api0 heap, MB', 3)).toEqual(['api0 heap, MB']);
    expect(growing('api0 timers', 3)).toEqual(['api0 timers']);
    expect(growing('api0 RSS, MB', 1)).toEqual([]);
    expect(growing('api0 timers', 0)).toEqual([]);
  });

  it('lets an API process remember the tokens of visits', () => {
    expect(growing('api0 heap, MB', 0, 0.0005)).toEqual([]);
    expect(growing('api0 heap, MB', 0, 0.003)).toEqual(['api0 heap, MB']);
  });

  it('lets tables grow with visits, and no faster', () => {
    expect(growing('rows of outbox', 0, 2)).toEqual([]);
    expect(growing('rows of outbox', 400, 2)).toEqual(['rows of outbox']);
  });
});

describe('the recovery after a fault', () => {
  it('is counted up to the end of the last failed request, of any number of them', () => {
    const operations = Array.from({ length: 200_000 }, (_, i) => ({
      startMs: 100,
      endMs: 101 + i,
      outcome: 'unknown',
    }));
    expect(recoveryMs({ operations } as Evidence, 100, Infinity)).toBe(200_000);
  });
});
