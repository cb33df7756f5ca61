import { ModelQueue } from '../../../lab/admission/model/queue';
import { scoreOf } from '../../../lab/admission/model/score';
import { MODEL_SCENARIOS, type ModelScenario } from '../../../lab/admission/model/scenarios';
import { adaptiveLimit, fixedLimit } from '../../../lab/admission/model/policy';
import type { Second } from '../../../lab/admission/model/second';
import { simulate } from '../../../lab/admission/model/simulate';

/** The scenario, shortened: its changes come sooner. */
function scenario(name: string, changes: Partial<ModelScenario> = {}): ModelScenario {
  const found = MODEL_SCENARIOS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no scenario ${name}`);
  return { ...found, seconds: Math.min(found.seconds, 150), ...changes };
}

const timelines = new Map<string, Second[]>();
/** Of a scenario as it is; simulated once. */
const adaptive = (of: ModelScenario): Second[] => {
  const timeline = timelines.get(of.name) ?? simulate(of, adaptiveLimit());
  timelines.set(of.name, timeline);
  return timeline;
};
const perMinute = (of: ModelScenario, timeline: Second[]): number => scoreOf(of, timeline).perMinute;
const between = (timeline: Second[], from: number, to: number): Second[] =>
  timeline.filter(({ at }) => at >= from && at < to);
const completed = (timeline: Second[]): number =>
  timeline.reduce((sum, second) => sum + second.completed, 0) / timeline.length;

describe('the admission controller on the model', () => {
  it.each(['a', 'b', 'd', 'e', 'f'])('the controller keeps the target in scenario %s', (name) => {
    const of = scenario(name);
    expect(scoreOf(of, adaptive(of)).kept).toBeGreaterThanOrEqual(0.98);
  });

  it('the controller serves a steady load nearly as well as the best fixed limit after its start', () => {
    const of = scenario('a');
    const best = completed(between(simulate(of, fixedLimit(2112)), 60, 150));
    expect(completed(between(adaptive(of), 60, 150)) / best).toBeGreaterThan(0.9);
  });

  it('the controller admits every user of the study, where a limit of 30 admits 30', () => {
    const of = scenario('e');
    const timeline = adaptive(of);
    expect(timeline.at(-1)?.waiting).toBe(0);
    expect(perMinute(of, timeline)).toBeGreaterThan(20 * perMinute(of, simulate(of, fixedLimit(30))));
  });

  it('users who never do anything do not fill the limit', () => {
    const of = scenario('d');
    for (const limit of [30, 2000, 5000])
      expect(perMinute(of, adaptive(of))).toBeGreaterThan(
        1.5 * perMinute(of, simulate(of, fixedLimit(limit))),
      );
  });

  it('the limit falls when the database slows down, and rises again afterwards', () => {
    const isSlow = (at: number): boolean => at >= 80 && at < 110;
    const of = scenario('c', { seconds: 220, slowness: (at) => (isSlow(at) ? 5 : 1), changes: [0, 80, 110] });
    const timeline = simulate(of, adaptiveLimit());
    const limits = (from: number, to: number): number[] =>
      between(timeline, from, to).map(({ limit }) => limit);
    expect(Math.min(...limits(85, 110))).toBeLessThan(0.5 * Math.max(...limits(60, 80)));
    expect(completed(between(timeline, 200, 220))).toBeGreaterThan(
      0.7 * completed(between(timeline, 60, 80)),
    );
  });

  it('a settled limit moves by less than a fifth', () => {
    const limits = between(adaptive(scenario('a')), 80, 150).map(({ limit }) => limit);
    const middle = (Math.max(...limits) + Math.min(...limits)) / 2;
    expect(Math.max(...limits) / middle).toBeLessThan(1.2);
  });

  it('equal runs of the model are equal', () => {
    const of = scenario('e');
    expect(simulate(of, adaptiveLimit())).toEqual(adaptive(of));
  });
});

describe('waiting users on the model', () => {
  const half = (): number => 0.5;
  const limits = { limit: 30, rate: 30, active: 30 };

  it('a user learns of the admission by the next poll: on arrival, and then at the interval', () => {
    const queue = new ModelQueue(2, half);
    queue.join(3, 0);
    expect(queue.next(0)).toBe(0); // had no need to wait
    queue.announce(0, limits);
    expect(queue.next(0.5)).toBe(1.5); // asked when it came
    for (let tick = 1; tick < 50; tick++) queue.announce(tick / 10, limits);
    expect(queue.next(5)).toBeCloseTo(1, 0); // asked at any time of the last two seconds
    expect(queue.waiting).toBe(0);
  });

  it.each([
    [30, 1.1], // a tenth of ten seconds, and never less than one
    [3, 9.09], // a third of the time until one is away at most
  ])('at %i admissions a second the 300th user polls again after %d s', (rate, after) => {
    const queue = new ModelQueue('as answered', half);
    queue.join(300, 0);
    queue.announce(0, { ...limits, rate });
    for (let i = 1; i < 300; i++) queue.next(0.1);
    expect(queue.next(0.1)).toBeCloseTo(after - 0.1, 2);
  });
});
