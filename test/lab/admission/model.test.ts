import { Line } from '../../../lab/admission/model/queue';
import { scoreOf } from '../../../lab/admission/model/score';
import { SHAPES, type Shape } from '../../../lab/admission/model/scenarios';
import { adaptiveCap, fixedCap, type Second, simulateDoor } from '../../../lab/admission/model/simulate';

/** The shape, shortened: its changes come sooner. */
function shape(name: string, changes: Partial<Shape> = {}): Shape {
  const found = SHAPES.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no shape ${name}`);
  return { ...found, seconds: Math.min(found.seconds, 150), ...changes };
}

const courses = new Map<string, Second[]>();
/** Of a shape as it is; simulated once. */
const adaptive = (of: Shape): Second[] => {
  const course = courses.get(of.name) ?? simulateDoor(of, adaptiveCap());
  courses.set(of.name, course);
  return course;
};
const perMinute = (of: Shape, course: Second[]): number => scoreOf(of, course).perMinute;
const between = (course: Second[], from: number, to: number): Second[] =>
  course.filter(({ at }) => at >= from && at < to);
const completed = (course: Second[]): number =>
  course.reduce((sum, second) => sum + second.completed, 0) / course.length;

describe('the adaptive door, on the model', () => {
  it.each(['a', 'b', 'd', 'e', 'f'])('keeps the objective in shape %s', (name) => {
    const of = shape(name);
    expect(scoreOf(of, adaptive(of)).kept).toBeGreaterThanOrEqual(0.98);
  });

  it('serves a steady crowd nearly as well as the best fixed cap once it has opened', () => {
    const of = shape('a');
    const best = completed(between(simulateDoor(of, fixedCap(2112)), 60, 150));
    expect(completed(between(adaptive(of), 60, 150)) / best).toBeGreaterThan(0.9);
  });

  it('lets in everybody of the study, where 30 places let in 30', () => {
    const of = shape('e');
    const course = adaptive(of);
    expect(course.at(-1)?.waiting).toBe(0);
    expect(perMinute(of, course)).toBeGreaterThan(20 * perMinute(of, simulateDoor(of, fixedCap(30))));
  });

  it('is not filled by those who never do anything', () => {
    const of = shape('d');
    for (const cap of [30, 2000, 5000])
      expect(perMinute(of, adaptive(of))).toBeGreaterThan(
        1.5 * perMinute(of, simulateDoor(of, fixedCap(cap))),
      );
  });

  it('shuts when the database slows down, throws nobody out, and opens again', () => {
    const isSlow = (at: number): boolean => at >= 80 && at < 110;
    const of = shape('c', { seconds: 220, slowness: (at) => (isSlow(at) ? 5 : 1), changes: [0, 80, 110] });
    const course = simulateDoor(of, adaptiveCap());
    const caps = (from: number, to: number): number[] => between(course, from, to).map(({ cap }) => cap);
    expect(Math.min(...caps(85, 110))).toBeLessThan(0.5 * Math.max(...caps(60, 80)));
    expect(completed(between(course, 200, 220))).toBeGreaterThan(0.7 * completed(between(course, 60, 80)));
  });

  it('does not oscillate: settled, the cap moves by less than a fifth', () => {
    const caps = between(adaptive(shape('a')), 80, 150).map(({ cap }) => cap);
    const middle = (Math.max(...caps) + Math.min(...caps)) / 2;
    expect(Math.max(...caps) / middle).toBeLessThan(1.2);
  });

  it('is the same each time', () => {
    const of = shape('e');
    expect(simulateDoor(of, adaptiveCap())).toEqual(adaptive(of));
  });
});

describe('those who wait, on the model', () => {
  const half = (): number => 0.5;
  const door = { cap: 30, rate: 30, inside: 30 };

  it('hear of their turn when they ask next: when they come, and then every so often', () => {
    const line = new Line(2, half);
    line.join(3, 0);
    expect(line.next(0)).toBe(0); // had no need to wait
    line.tell(0, door);
    expect(line.next(0.5)).toBe(1.5); // asked when it came
    for (let tick = 1; tick < 50; tick++) line.tell(tick / 10, door);
    expect(line.next(5)).toBeCloseTo(1, 0); // asked at any time of the last two seconds
    expect(line.waiting).toBe(0);
  });

  it.each([
    [30, 1.1], // a tenth of ten seconds, and never less than one
    [3, 9.09], // a third of the time until one is away at most
  ])(
    'ask again as they are told to: with %i let in a second the three-hundredth after %d s',
    (rate, after) => {
      const line = new Line('as told', half);
      line.join(300, 0);
      line.tell(0, { ...door, rate });
      for (let i = 1; i < 300; i++) line.next(0.1);
      expect(line.next(0.1)).toBeCloseTo(after - 0.1, 2);
    },
  );
});
