import fc from 'fast-check';
import { INITIAL_ADMISSION_STATE } from '../../../src/modules/waiting-room/admission/policy';
import { Snapshot } from '../../../src/modules/waiting-room/snapshot/snapshot';
import { EXACT_ENTRIES, rankPoints, ranksOf } from '../../../src/modules/waiting-room/status/ranks';
import { positionOf, type Ranked } from '../../../web/buyer/waiting/position';

const SEGMENT = 65_536;
const NEVER = Infinity;

/** A queue whose entries are present with a chance of `share`, drawn with `draw`. */
function queueWith(
  headSeq: number,
  issued: number,
  rejoined: number,
  isPresent: (seq: number) => boolean,
): Snapshot {
  const bitmaps = [];
  for (let segmentId = Math.floor(headSeq / SEGMENT); segmentId * SEGMENT <= issued; segmentId++) {
    const bitmap = Buffer.alloc(SEGMENT / 8);
    for (let bit = 0; bit < SEGMENT; bit++) {
      const seq = segmentId * SEGMENT + bit;
      if (seq > headSeq && seq <= issued && isPresent(seq))
        bitmap[bit >>> 3] = (bitmap[bit >>> 3] ?? 0) | (0x80 >>> (bit & 7));
    }
    bitmaps.push({ epoch: 3, segmentId, bitmap });
  }
  const snapshot = new Snapshot();
  snapshot.apply({
    nowMs: 1,
    issued,
    headSeq,
    gen: 1,
    epoch: 3,
    version: 1,
    active: 0,
    rejoined,
    admittedTotal: 0,
    whole: true,
    changes: [],
    bitmaps,
    admission: INITIAL_ADMISSION_STATE,
  });
  return snapshot;
}

/** As a page gets it. */
function rankedOf(snapshot: Snapshot): Ranked {
  const { headSeq, issued, rejoined, presence } = snapshot;
  const ranked: Ranked = { headSeq, issued, rejoined, ...ranksOf(presence, headSeq, issued) };
  return JSON.parse(JSON.stringify(ranked)) as Ranked;
}

const truth = (snapshot: Snapshot, seq: number): number | undefined => {
  const position = snapshot.peek({ seq, gen: 1 }, NEVER);
  return position?.status === 'WAITING' ? position.position : undefined;
};

/** A scattering that is the same in each run. */
const scattered =
  (percent: number) =>
  (seq: number): boolean =>
    Math.imul(seq, 0x9e3779b1) >>> 0 < percent * 42_949_672;

it('gives the exact position of each of the next 4,096 entries', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 70_000 }),
      fc.integer({ min: 0, max: EXACT_ENTRIES }),
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 0, max: 100 }),
      (headSeq, behind, rejoined, percent) => {
        const snapshot = queueWith(headSeq, headSeq + behind, rejoined, scattered(percent));
        const ranked = rankedOf(snapshot);
        for (let seq = headSeq + 1; seq <= headSeq + behind; seq += 1 + Math.floor(behind / 50))
          expect(positionOf(seq, ranked)).toBe(truth(snapshot, seq));
      },
    ),
    { numRuns: 20 },
  );
});

it('gives positions beyond with an error below 1 %, whatever the share of those who are present', () => {
  for (const percent of [3, 50, 100]) {
    const [headSeq, issued] = [100_000, 400_000];
    const snapshot = queueWith(headSeq, issued, 2, scattered(percent));
    const ranked = rankedOf(snapshot);
    for (let seq = headSeq + EXACT_ENTRIES; seq <= issued; seq += 7919) {
      const exact = truth(snapshot, seq) ?? NaN;
      expect(Math.abs((positionOf(seq, ranked) ?? NaN) - exact) / exact).toBeLessThan(0.01);
    }
  }
});

it('gives the last entry its position within one, however long the line', () => {
  for (const behind of [1, 4096, 4097, 4178, 4179, 50_000]) {
    const snapshot = queueWith(10, 10 + behind, 0, scattered(60));
    const position = positionOf(10 + behind, rankedOf(snapshot)) ?? NaN;
    expect(Math.abs(position - (truth(snapshot, 10 + behind) ?? NaN))).toBeLessThanOrEqual(1);
  }
});

it('gives no position to an entry that has had its turn', () => {
  const ranked = rankedOf(queueWith(5, 9, 0, () => true));
  expect([positionOf(5, ranked), positionOf(6, ranked)]).toEqual([undefined, 1]);
});

it('takes few points for a long line', () => {
  expect(rankPoints(100)).toEqual([EXACT_ENTRIES]);
  expect(rankPoints(1_000_000).length).toBeLessThan(300);
  expect(rankPoints(10_000_000).at(-1)).toBe(10_000_000);
});
