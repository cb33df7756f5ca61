import type { Findings, OutageFigures } from '../../k6/runner/checks/findings';
import { type Change, isCertainlyWorse } from '../../k6/runner/report/changes';
import { demandsOf, isMet, outageSection, outageVerdict } from '../../k6/runner/report/outages';

const GOOD: OutageFigures = {
  service: 'mariadb',
  from: 20,
  until: 60,
  openedAfter: 3,
  fastP99Ms: 25,
  recoveredAfter: 0.2,
  soldAfter: 4,
};

function runWith(outage: Partial<OutageFigures>, ok = true): Findings {
  const invariants = { ok, findings: ok ? [] : ['seats violated'] };
  const run = { outages: [{ ...GOOD, ...outage }], meta: { invariants }, figures: { sold: 100 } };
  return run as unknown as Findings;
}
const missedBy = (run: Findings): string[] =>
  demandsOf(run).flatMap(({ demand, isMet: met }) => (met ? [] : [demand]));

describe('a run with outages', () => {
  it('is good when breakers open, answers stay fast, all closes again and nothing is sold twice', () => {
    expect(missedBy(runWith({}))).toEqual([]);
    expect(isMet(runWith({}))).toBe(true);
    expect(outageVerdict(demandsOf(runWith({})))).toBe('all demands on outages met');
  });

  it.each<[string, Partial<OutageFigures>, RegExp]>([
    ['no breaker opens', { openedAfter: undefined, fastP99Ms: undefined }, /breaker opens within/],
    ['a breaker opens late', { openedAfter: 11 }, /breaker opens within/],
    ['answers are slow meanwhile', { fastP99Ms: 900 }, /while it is open/],
    ['a breaker stays open after the return', { recoveredAfter: undefined }, /closed within/],
    ['nothing is sold after the return', { soldAfter: undefined }, /sold again/],
  ])('is bad when %s', (_what, outage, demand) => {
    expect(missedBy(runWith(outage))).toContainEqual(expect.stringMatching(demand));
    expect(isMet(runWith(outage))).toBe(false);
  });

  it('is bad when an invariant is violated', () => {
    expect(missedBy(runWith({}, false))).toEqual(['no seat is sold twice, and money and tickets agree']);
    expect(outageVerdict(demandsOf(runWith({}, false)))).toBe('1 of 6 demands on outages MISSED');
  });

  it('is reported by its demands, each with what was measured', () => {
    const { rows } = outageSection(runWith({ openedAfter: 11 })).table;
    expect(rows[0]).toEqual(['mariadb: a breaker opens within 10 s', '11.0 s', 'MISSED']);
    expect(rows[1]?.slice(1)).toEqual(['25 ms', 'met']);
  });
});

describe('a change between two runs', () => {
  it.each<[string, Change['ratio'], Change['better'], boolean]>([
    [
      'is worse for certain when all of the interval is slower by the margin',
      { low: 1.06, high: 1.4 },
      'less',
      true,
    ],
    ['is not certain when the interval begins within the margin', { low: 1.04, high: 1.4 }, 'less', false],
    ['is no fault when it is faster', { low: 0.5, high: 0.6 }, 'less', false],
    [
      'is worse for certain when all of the interval is fewer requests',
      { low: 0.8, high: 0.94 },
      'more',
      true,
    ],
    ['is not certain without an interval', undefined, 'more', false],
  ])('%s', (_what, ratio, better, worse) => {
    expect(isCertainlyWorse({ ratio, better })).toBe(worse);
  });
});
