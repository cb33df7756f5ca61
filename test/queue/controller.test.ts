import {
  decide,
  type Decision,
  type House,
  type Memory,
  newMemory,
} from '../../src/modules/queue/controller';
import { observe, type Signals, silence } from '../../src/modules/queue/signals';

const LIMITS = { sloMs: 200, least: 30, most: 5000 };

/** A second in which so many requests were answered in `ms` each, and whatever else is said. */
function second({ ms = 1, requests = 500, ...rest }: Partial<Signals> & { ms?: number } = {}): Signals {
  const signals = silence();
  for (let i = 0; i < requests; i++) observe(signals, ms, false, false);
  return { ...signals, ...rest };
}

/** How far a wait is over its objective. */
const pressed = (share: number): Signals => second({ poolWaitMs: share * LIMITS.sloMs });

/** `lively` are inside, as many come as go, so that each stays for `visit` seconds. */
const steady = (lively: number, visit = 8, more: Partial<House> = {}): House => ({
  ...{ waiting: 10_000, inside: lively, quiet: 0, admitted: lively / visit },
  ...more,
});

/** What is remembered when it has been so for a minute. */
function settled({ inside, quiet, admitted }: House, more: Partial<Memory> = {}): Memory {
  const minute = (value: number): number[] => Array<number>(60).fill(value);
  const lively = inside - quiet;
  return {
    ...newMemory(LIMITS),
    ...{ turn: 100, window: lively, visit: (0.7 * lively + 0.3 * inside) / admitted },
    ...{ lively: minute(lively), inside: minute(inside), admitted: minute(admitted) },
    ...{
      asked: minute(500),
      loads: minute(0),
      pressures: minute(0),
      writes: Array<[number, number]>(3).fill([1, 1]),
    },
    ...more,
  };
}

const FULL = steady(800);
const at = (memory: Memory, signals: Signals | undefined, house = FULL): Decision =>
  decide(memory, signals, house, LIMITS);

describe('a breach', () => {
  const loads = (load: number): number[] => Array<number>(60).fill(load);
  /** It was one a second ago, too. */
  const lasting = { pressures: [0, 1, 1], loads: loads(0.6) };

  it.each<[string, Signals, number]>([
    ['twice the objective', pressed(2), 0.5],
    ['a quarter too long', pressed(1.25), 0.8],
    ['barely too long', pressed(1), 0.9],
    ['ten times the objective', pressed(10), 0.5],
    ['a slow event loop', second({ loopDelayMs: 250 }), 0.8],
    ['three of ten failed', second({ requests: 1000, failed: 300 }), 0.7],
    ['three of ten failed, and slow', second({ requests: 1000, failed: 300, poolWaitMs: 250 }), 0.7],
    ['one of ten failed, and slow', second({ requests: 1000, failed: 100, poolWaitMs: 250 }), 0.8],
  ])('of %s cuts by as much as was too much, by a tenth to a half', (_what, signals, factor) => {
    const { move, cap, memory } = at(settled(FULL, lasting), signals);
    expect([move, cap]).toEqual(['cut', 800 * factor]);
    expect(memory.window).toBeCloseTo(800 * factor, 9);
    expect(memory.threshold).toBeCloseTo(0.95 * 800 * factor, 9);
  });

  it('that begins cuts by a fifth at most, as it may be a stall; the second after it completes the cut', () => {
    const begun = at(settled(FULL), pressed(4));
    expect([begun.move, begun.cap]).toEqual(['cut', 640]);
    expect(at(settled(FULL), pressed(1)).cap).toBe(720);
    expect(at(begun.memory, second()).move).toBe('hold');
    const completed = at(begun.memory, pressed(1.6));
    expect([completed.move, completed.cap]).toEqual(['cut', 800 / 1.6]);
    expect(at(completed.memory, pressed(4)).move).toBe('hold');
  });

  it('that lasts when the rest is over cuts by all that is too much, once', () => {
    const cut = at(settled(FULL, lasting), pressed(4));
    expect([cut.move, cut.cap]).toEqual(['cut', 400]);
    expect(at(cut.memory, pressed(4)).move).toBe('hold');
  });

  it('does not wait for the rest after an ease', () => {
    const eased = at(settled(FULL, { pressures: [0.6, 0.6] }), pressed(0.6));
    expect([eased.move, at(eased.memory, pressed(0.9)).move]).toEqual(['ease', 'hold']);
    const cut = at(eased.memory, pressed(2));
    expect([cut.move, cut.cap]).toEqual(['cut', 760 * 0.8]);
    expect(at(cut.memory, pressed(2)).cap).toBe(760 * 0.5); // completed
  });

  it('with little load was a stall: nothing is remembered', () => {
    const thresholdOf = (load: number): number | null =>
      at(settled(FULL, { ...lasting, loads: loads(load) }), pressed(2)).memory.threshold;
    expect([thresholdOf(0.49), thresholdOf(0.5)]).toEqual([null, 380]);
  });

  it('of load leaves a ceiling: where it began', () => {
    const ceilingOf = (memory: Partial<Memory>, share: number): Memory['ceiling'] =>
      at(settled(FULL, { loads: loads(0.5), ...memory }), pressed(share)).memory.ceiling;
    const before = { window: 900, turn: 50 };
    expect(ceilingOf({}, 2)).toEqual({ window: 800, turn: 101 });
    expect(ceilingOf({ loads: loads(0.49), ceiling: before }, 2)).toBe(before); // a stall
    expect(ceilingOf({ pressures: [0.9, 0.9], ceiling: before }, 0.9)).toBe(before); // an ease
    const begun = at(settled(FULL, { loads: loads(0.5) }), pressed(2)).memory;
    expect(at(begun, pressed(2)).memory.ceiling).toBe(begun.ceiling); // completed
  });

  it('at the least window says nothing of what can be borne', () => {
    const atLeast = at(settled(steady(31), lasting), pressed(2), steady(31));
    expect([atLeast.move, atLeast.cap, atLeast.memory.threshold]).toEqual(['cut', 30, null]);
  });

  it('of latency counts like any other wait', () => {
    const { move, binding, cap } = at(settled(FULL, lasting), second({ ms: 300 }));
    expect([move, binding]).toEqual(['cut', 'latency']);
    expect(cap / 800).toBeCloseTo(200 / 300, 1);
  });

  it('is cut from those who are inside, or from the window where that is less', () => {
    expect(at(settled(FULL, { window: 5000, ...lasting }), pressed(2)).cap).toBe(400);
    expect(at(settled(FULL, { window: 600, ...lasting }), pressed(2)).cap).toBe(300);
  });

  it('is followed by rest until the cut has shown its effect: four fifths of a visit', () => {
    for (const [visit, turns] of [
      [40, 32],
      [8, 6],
      [4, 3],
    ] as const) {
      const house = steady(800, visit);
      let { memory } = at(at(settled(house), pressed(2), house).memory, pressed(2), house);
      expect(memory.restUntil - memory.turn).toBe(turns);
      const { window } = memory;
      for (let turn = 1; turn < turns; turn++) {
        const next = at(memory, pressed(2), house);
        expect([next.move, next.memory.window]).toEqual(['hold', window]);
        memory = { ...next.memory, visit };
      }
      expect(at(memory, pressed(2), house).move).toBe('cut');
    }
  });

  it('needs a hundredth of failures, of a hundred requests at least', () => {
    const moveOf = (requests: number, failed: number): string =>
      at(settled(FULL), second({ requests, failed })).move;
    expect([moveOf(1000, 10), moveOf(10_000, 99)]).toEqual(['cut', 'grow']);
    expect([moveOf(10, 1), moveOf(10, 0)]).toEqual(['cut', 'grow']);
  });

  it('of latency needs twenty requests: fewer have no p99', () => {
    const moveOf = (requests: number): string => at(settled(FULL), second({ ms: 900, requests })).move;
    expect([moveOf(19), moveOf(20)]).toEqual(['grow', 'cut']);
  });

  it.each<[string, Partial<Signals>]>([
    ['latency', { ms: 900 } as Partial<Signals>],
    ['failures', { failed: 50 }],
    ['pool', { poolWaitMs: 500 }],
    ['event loop', { loopDelayMs: 500 }],
  ])('is called by what is worst: %s', (binding, worst) => {
    const others = { poolWaitMs: 201, loopDelayMs: 201, failed: 6 };
    expect(at(settled(FULL), second({ ms: 201, ...others, ...worst })).binding).toBe(binding);
  });
});

describe('pressure above the target', () => {
  const after = (pressures: number[], now: number): Decision =>
    at(settled(FULL, { pressures, loads: Array<number>(60).fill(0.6) }), pressed(now));

  it('eases by a twentieth, in two of three seconds', () => {
    const { move, memory, cap } = after([0.5, 0.5], 0.51);
    expect([move, cap]).toEqual(['ease', 760]);
    expect(memory.threshold).toBeCloseTo(0.95 * 760, 9);
    expect(memory.restUntil).toBe(memory.turn + 6);
    expect(after([0.49, 0.3], 0.95).move).toBe('grow');
    expect(at(settled(FULL, { pressures: [0.5, 0.9] }), silence()).move).toBe('ease'); // just the target
    expect(after([0.9, 0], 0.5).move).toBe('ease');
    expect(after([], 0.95).move).toBe('grow');
    expect(after([9, 0, 0], 0.8).move).toBe('grow'); // longer ago
  });

  it('is without what the work itself takes, as far as is known: by the writes that were seen', () => {
    const moveOf = (memory: Partial<Memory>): string =>
      at(settled(FULL, { pressures: [0, 0.9], ...memory }), second({ ms: 120 })).move;
    expect(moveOf({ calmMs: 1 })).toBe('ease');
    expect(moveOf({ calmMs: 30 })).toBe('grow'); // (0.6 - 0.3) / 0.7
    expect(
      moveOf({
        writes: [
          [0, 0],
          [0, 0],
          [0, 0],
        ],
      }),
    ).toBe('ease');
    expect(
      moveOf({
        writes: [
          [0, 0],
          [0, 0],
          [9, 270],
        ],
      }),
    ).toBe('grow');
  });
});

describe('growth', () => {
  const grow = (memory: Partial<Memory>, house = FULL, signals = silence()): Decision =>
    at(settled(house, memory), signals, house);
  const factorOf = ({ memory }: Decision, before = 800): number => memory.window / before;
  const loads = (load: number): number[] => Array<number>(60).fill(load);

  it('is to the double at most', () => {
    const decision = grow({});
    expect(decision).toMatchObject({ move: 'grow', cap: 1600 });
    expect(factorOf(decision)).toBe(2);
  });

  it('is as fast as the load is far from nine tenths', () => {
    const turns = 0.5 * 6; // of the delay of six
    expect(factorOf(grow({ loads: loads(0.45) }))).toBeCloseTo(2 ** (1 / turns), 6);
    expect(factorOf(grow({ loads: loads(0.6) }))).toBeCloseTo(1.5 ** (1 / turns), 6);
  });

  it('is by the room that the window leaves, also when fewer have come in yet', () => {
    const loaded = { loads: loads(0.45), window: 850 };
    expect(factorOf(grow(loaded), 850)).toBeCloseTo(((2 * 800) / 850) ** (1 / 3), 6);
  });

  it.each([
    ['up to nine tenths of the last breach', { window: 1000, turn: 100 }, 1.125],
    ['not beyond', { window: 800, turn: 100 }, 1 + 0.06 / 8],
    ['when it is twenty visits ago', { window: 800, turn: 101 - 161 }, 1.5 ** (1 / 3)],
    ['not before', { window: 800, turn: 101 - 160 }, 1 + 0.06 / 8],
    ['when the load speaks of twice as many', { window: 600, turn: 100 }, 1.5 ** (1 / 3)],
    ['not of a little less', { window: 601, turn: 100 }, 1 + 0.06 / 8],
  ])('is fast %s', (_when, ceiling, factor) => {
    expect(factorOf(grow({ loads: loads(0.6), ceiling }))).toBeCloseTo(factor, 6); // of 1,200 that are bearable
  });

  it('is judged by those who came before the delay, and by the second highest load since', () => {
    const grown = [...Array<number>(50).fill(9), 800, 800, 800, 800, 800, 800, 1200, 1200, 1200, 1200];
    const admitted = [...Array<number>(56).fill(9), 230, 230, 230, 230];
    const house = { ...FULL, inside: 1200, admitted: 230 };
    const memory = { lively: grown, inside: grown, admitted, loads: loads(0.45), window: 1200 };
    const room = (0.9 * 800) / (0.45 * 1200);
    expect(factorOf(at(settled(FULL, memory), silence(), house), 1200)).toBeCloseTo(room ** (1 / 3), 6);
    const peak = [...loads(0).slice(0, 55), 0.45, 0.9, 0, 0, 0];
    expect(factorOf(grow({ loads: peak }))).toBeCloseTo(2 ** (1 / 3), 6);
    const stall = [...loads(0).slice(0, 56), 0.9, 0, 0, 0];
    expect(factorOf(grow({ loads: stall }))).toBe(2);
    const past = [...loads(0).slice(0, 50), 0.45, 0.45, ...loads(0).slice(0, 8)];
    expect(factorOf(grow({ loads: past }))).toBe(2);
  });

  it('is to eight times of those who came before the delay at most', () => {
    const grown = [...Array<number>(54).fill(9), 200, 200, 200, 200, 200, 1500];
    const house = { ...FULL, inside: 1500 };
    const admitted = [...Array<number>(59).fill(100), 1400]; // as many leave as ever
    const memory = { lively: grown, inside: grown, admitted, window: 1500 };
    expect(factorOf(at(settled(FULL, memory), silence(), house), 1500)).toBeCloseTo((8 * 200) / 1500, 6);
  });

  it('is to four times the least at most as long as nobody came before the delay', () => {
    const house = { ...FULL, inside: 100 };
    const memory = { lively: [30, 60], inside: [30, 60], admitted: [30, 30], window: 100 };
    expect(factorOf(at(settled(FULL, memory), silence(), house), 100)).toBeCloseTo((4 * 30) / 100, 6);
  });

  it.each([
    ['when nobody has asked for anything', 0, (4 * 30) / 100],
    ['when fewer have asked than are let in at the least', 29, (4 * 30) / 100],
    ['when some have asked', 40, (8 * 40) / 200],
  ])('does not take those for shown who have not asked yet: %s', (_when, requests, factor) => {
    const inside = requests < 30 ? 100 : 200;
    const lively = Array<number>(60).fill(inside);
    const asked = [...Array<number>(59).fill(0), requests];
    const memory = { lively, inside: lively, asked, window: inside };
    expect(factorOf(at(settled(FULL, memory), silence(), { ...FULL, inside }), inside)).toBeCloseTo(
      factor,
      6,
    );
  });

  it('shows after three seconds where nobody writes', () => {
    const grown = [...Array<number>(56).fill(9), 200, 800, 800, 800];
    const memory = { lively: grown, inside: grown, window: 800 };
    const writes: [number, number][] = [[0, 0]];
    expect(factorOf(at(settled(FULL, { ...memory, writes }), silence()))).toBe(2);
    expect(factorOf(at(settled(FULL, memory), silence()))).toBeLessThan(1.1); // 30 are taken for shown
  });

  it.each([
    ['the load is eight tenths', { loads: loads(0.8) }, 1],
    ['the load is close to the knee', { loads: loads(0.89) }, 0.5],
    ['the load is at the knee', { loads: loads(0.94) }, 0],
    ['the load is beyond it', { loads: loads(0.99) }, 0],
    ['a breach is remembered', { threshold: 800 }, 1],
    ['the pressure is half of the target', { loads: loads(0.8), pressures: [0.9, 0.25, 0.25] }, 1 / 2],
  ])('is a creep of 6 % a visit when %s', (_when, memory, headroom) => {
    const decision = grow(memory);
    expect(decision).toMatchObject({ move: 'grow', binding: 'latency' }); // still full: the first of the signals
    expect(factorOf(decision)).toBeCloseTo(1 + (0.06 / 8) * headroom, 6);
  });

  it('is fast below what is remembered of a breach', () => {
    expect(factorOf(grow({ threshold: 801 }))).toBe(2);
  });

  it('ends at the operator’s most', () => {
    const house = steady(4900);
    expect(grow({}, house).cap).toBe(LIMITS.most);
    expect(grow({}, house).memory.window).toBe(LIMITS.most);
  });

  it('waits until the window is nine tenths full, now or a second ago, and somebody waits', () => {
    const moveOf = (lively: number, before: number, waiting = 1): string => {
      const house = { ...steady(1000), inside: lively, waiting };
      return grow({ window: 1000, lively: [before], loads: loads(0.1) }, house).move;
    };
    expect([moveOf(900, 0), moveOf(899, 0), moveOf(0, 900), moveOf(0, 899)]).toEqual([
      'grow',
      'hold',
      'grow',
      'hold',
    ]);
    expect(moveOf(1000, 1000, 0)).toBe('hold');
    expect(grow({ window: 1000, lively: [1000, 0] }, { ...FULL, inside: 0 }).move).toBe('hold'); // two seconds ago
  });

  it('runs ahead of those inside, to their double, while there is little load and somebody waited a moment ago', () => {
    const moveOf = (lively: number, memory: Partial<Memory>): string =>
      grow({ window: 1000, lively: [0], ...memory }, { ...steady(1000), inside: lively, waiting: 0 }).move;
    const justNow = { waitedAt: 91 }; // ten seconds before turn 101
    expect([moveOf(500, justNow), moveOf(499, justNow)]).toEqual(['grow', 'hold']);
    expect(moveOf(500, { waitedAt: 90 })).toBe('hold');
    expect(moveOf(500, { ...justNow, loads: loads(0.1) })).toBe('hold');
    expect(moveOf(500, { ...justNow, pressures: [0, 0.15, 0.16] })).toBe('hold');
  });

  it('that the crowd does not ask for is bound by the crowd', () => {
    expect(at(settled(FULL), second(), { ...FULL, waiting: 0 })).toMatchObject({
      ...{ move: 'hold', binding: 'crowd', cap: 800 },
    });
  });
});

describe('what is remembered', () => {
  /** So many seconds alike. */
  function live(turns: number, house: House | ((turn: number) => House), signals = second()): Memory {
    let memory = newMemory(LIMITS);
    for (let turn = 1; turn <= turns; turn++)
      ({ memory } = at(memory, signals, typeof house === 'function' ? house(turn) : house));
    return memory;
  }

  it('begins with the least window, six seconds a visit, and nothing known', () => {
    expect(newMemory(LIMITS)).toEqual({
      ...{
        turn: 0,
        window: 30,
        threshold: null,
        ceiling: null,
        visit: 6,
        before: null,
        undoneAt: -60,
        calmMs: null,
        restUntil: 0,
        restFrom: 0,
        restAfter: 'hold',
        busyAt: 0,
        waitedAt: -10,
      },
      ...{ lively: [], inside: [], admitted: [], asked: [], loads: [], pressures: [], writes: [] },
    });
    const { cap, rate, move } = at(newMemory(LIMITS), second(), steady(0, 1, { waiting: 0 }));
    expect([cap, rate, move]).toEqual([30, 30, 'hold']);
  });

  it('is how long a visit takes, by Little’s law', () => {
    expect(live(200, steady(800, 40)).visit).toBeCloseTo(40, 1);
    expect(live(200, steady(800, 10)).visit).toBeCloseTo(10, 1);
    const quiet = { inside: 1000, quiet: 500, admitted: 50, waiting: 0 }; // three in ten of the quiet come back
    expect(live(200, quiet).visit).toBeCloseTo(13, 1);
    const filling = (turn: number): House => ({ inside: 200 + 2 * turn, quiet: 0, admitted: 12, waiting: 0 });
    expect(live(100, filling).visit).toBeGreaterThan(36); // ten leave each second
    expect(live(100, filling).visit).toBeLessThan(40);
  });

  it('is how long visits take now, by the last five seconds', () => {
    const before = [...Array<number>(55).fill(9000), 800, 800, 800, 800, 800];
    const admitted = [...Array<number>(55).fill(9000), 100, 100, 100, 100, 100];
    expect(
      at(settled(FULL, { inside: before, lively: before, admitted }), second()).memory.visit,
    ).toBeCloseTo(8, 6);
  });

  it('takes a visit for 4 to 60 seconds long, and for no longer than it has been watched', () => {
    expect(live(200, steady(800, 1)).visit).toBeCloseTo(4, 1);
    expect(live(200, steady(800, 100)).visit).toBeCloseTo(60, 0);
    expect(live(200, { inside: 800, quiet: 0, admitted: 0, waiting: 0 }).visit).toBeCloseTo(60, 0);
    expect(live(10, steady(800, 100)).visit).toBeLessThan(12);
    expect(live(10, steady(800, 100)).visit).toBeGreaterThan(7);
  });

  it('is of a minute, rounded', () => {
    const memory = live(200, steady(800, 6), pressed(1 / 6));
    for (const kept of [memory.lively, memory.inside, memory.admitted, memory.loads, memory.pressures])
      expect(kept).toHaveLength(60);
    expect([memory.turn, memory.pressures.at(-1), memory.admitted.at(-1)]).toEqual([200, 0.167, 133.333]);
  });

  const writing = (writes: number, ms: number): Signals => ({ ...second(), writes, writesMs: writes * ms });

  it('is the load by how long connections were in use, where that is more', () => {
    const loadsAfter = (poolBusy: number): number[] =>
      at(settled(FULL), { ...second(), poolBusy }).memory.loads;
    expect([loadsAfter(0.7).at(-1), loadsAfter(0).at(-1)]).toEqual([0.7, 0]);
  });

  it('is the load: how much of a write’s time is waiting, over three seconds', () => {
    const idle = steady(100, 10, { waiting: 0 });
    let { memory } = at(newMemory(LIMITS), writing(100, 10), idle);
    expect([memory.calmMs, memory.loads]).toEqual([10, [0]]);
    for (let i = 0; i < 2; i++) ({ memory } = at(memory, writing(100, 10), idle));
    expect(memory.calmMs).toBe(10);
    const loads = [];
    for (let i = 0; i < 3; i++) {
      ({ memory } = at(memory, writing(100, 20), idle));
      loads.push(memory.loads.at(-1));
    }
    expect(loads).toEqual([0.25, 0.399, 0.499]);
    expect(memory.calmMs).toBeCloseTo(10 * 1.0005 ** 3, 9); // it fades
    ({ memory } = at(memory, writing(10_000, 5), idle));
    expect(memory.calmMs).toBeLessThan(6); // and is the least
  });

  it('is no load of fewer than sixty writes in three seconds', () => {
    const idle = steady(100, 10, { waiting: 0 });
    const calm = { ...settled(idle), calmMs: 10 };
    const one = at(
      {
        ...calm,
        writes: [
          [20, 800],
          [19, 760],
        ],
      },
      writing(20, 40),
      idle,
    ).memory;
    expect([one.calmMs, one.loads.at(-1)]).toEqual([10, 0]);
    const other = at(
      {
        ...calm,
        writes: [
          [20, 800],
          [20, 800],
        ],
      },
      writing(20, 40),
      idle,
    ).memory;
    expect(other.loads.at(-1)).toBeCloseTo(0.75, 2);
  });

  describe('of a breach', () => {
    const idle = steady(100, 1, { waiting: 0 });
    const forgets = (more: Partial<Memory>, ...signals: Signals[]): number => {
      let memory: Memory = { ...settled(idle), threshold: 50, busyAt: 100, ...more, visit: 4 };
      for (let turns = 1; turns <= 30; turns++) {
        ({ memory } = at(memory, signals[turns % signals.length], idle));
        if (memory.threshold === null) return turns;
      }
      return Infinity;
    };

    it('is forgotten after a visit without a busy second', () => {
      expect(forgets({}, second())).toBe(5);
    });

    it('is kept as long as it is busy: pressed, loaded or resting', () => {
      const loaded = { ...pressed(0.51), poolBusy: 0.6 };
      expect(forgets({ loads: Array<number>(60).fill(0.6) }, loaded)).toBe(Infinity);
      expect(forgets({}, pressed(0.49))).toBe(5);
      expect(forgets({}, pressed(0.51), second(), second())).toBe(Infinity); // now and then
      expect(forgets({}, pressed(0.5), second(), second())).toBe(5);
      expect(forgets({ restUntil: 111 }, second())).toBe(10 + 5);
      const loads = (load: number): number[] => [...Array<number>(58).fill(0), load, load];
      expect(forgets({ loads: loads(0.81) }, second())).toBe(1 + 5); // the second highest of three seconds
      expect(forgets({ loads: loads(0.8) }, second())).toBe(5);
    });
  });
});

describe('the door', () => {
  it('lets in as many as leave and a quarter more, and the growth', () => {
    const house = { ...FULL, waiting: 0 };
    expect(at(settled(house), second(), house).rate).toBeCloseTo(1.25 * 100, 6);
    const { rate, memory } = at(settled(FULL), second());
    expect(memory.window).toBe(1600);
    expect(rate).toBeCloseTo((1.25 * 1600) / 8 + 1600, 6);
    expect(at(settled(FULL), pressed(2)).rate).toBeCloseTo((1.25 * 640) / 8, 6); // a cut is not less than none
  });

  it('goes by how fast the lively are replaced, where the quiet make visits look long', () => {
    const house = { inside: 1000, quiet: 500, admitted: 100, waiting: 0 };
    const past = { lively: [...Array<number>(55).fill(9000), 500, 500, 500, 500, 500] };
    const gone = { admitted: [...Array<number>(55).fill(9000), 100, 100, 100, 100, 100] };
    for (const memory of [{}, past, gone])
      expect(at(settled(house, memory), second(), house).rate).toBeCloseTo((1.25 * 500) / 5, 6);
    const restless = { inside: 500, quiet: 0, admitted: 500, waiting: 0 };
    expect(at({ ...settled(restless), visit: 6 }, second(), restless).rate).toBeCloseTo((1.25 * 500) / 4, 6);
  });

  it('never lets in less than the operator’s least a second', () => {
    const house = steady(60, 60, { waiting: 0 });
    expect(at(settled(house), second(), house).rate).toBe(30);
  });

  it('leaves room for the quiet ones besides the window', () => {
    const house = { inside: 900, quiet: 100.5, admitted: 100, waiting: 0 };
    expect(at(settled(house, { window: 800 }), second(), house).cap).toBe(901);
    const asleep = { inside: 100, quiet: 300, admitted: 1, waiting: 0 }; // told a moment apart
    expect(at(settled(FULL, { window: 40 }), second(), asleep).memory.lively.at(-1)).toBe(0);
  });

  it('holds without signals, and goes on watching who is inside', () => {
    const before = settled(FULL, { pressures: [0.1], loads: [0.2] });
    const { move, binding, cap, rate, memory } = at(before, undefined, { ...FULL, inside: 700 });
    expect([move, binding, cap, memory.window]).toEqual(['hold', 'none', 800, 800]);
    expect(rate).toBeGreaterThan(100);
    expect([memory.pressures, memory.loads, memory.lively.at(-1), memory.turn]).toEqual([
      [0.1],
      [0.2],
      700,
      101,
    ]);
  });

  it('is shut while a breaker is open, and remembers nothing but what is calm', () => {
    const before = settled(FULL, { threshold: 900, calmMs: 7, restUntil: 200 });
    const house = { ...FULL, inside: 900, quiet: 100 };
    const { move, binding, cap, rate, memory } = at(before, second({ broken: true }), house);
    expect([move, binding, cap, rate]).toEqual(['shut', 'breaker', 130, 0]);
    const { window, threshold, ceiling, visit } = before;
    const noted = { turn: 100, window, threshold, ceiling, visit, lively: 800 };
    const pressures = [...before.pressures.slice(1), 1];
    expect(memory).toEqual({ ...newMemory(LIMITS), turn: 101, calmMs: 7, pressures, before: noted });
  });
});
