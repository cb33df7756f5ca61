import { Presence } from '../../../src/modules/waiting-room/snapshot/presence';
import { PresenceMarks } from '../../../src/modules/waiting-room/snapshot/presence-marks';
import { SEGMENT } from '../../../src/modules/waiting-room/snapshot/segment';
import fc from 'fast-check';

/** Numbers at and around borders of words, blocks and segments, and anywhere. */
const seq = fc.oneof(
  fc.nat(3 * SEGMENT),
  fc
    .tuple(
      fc.constantFrom(0, 32, 512, SEGMENT - 1, SEGMENT, 2 * SEGMENT, 5 * SEGMENT),
      fc.integer({ min: -2, max: 2 }),
    )
    .map(([border, by]) => Math.max(0, border + by)),
);
const seqs = fc.oneof(
  fc.uniqueArray(seq, { maxLength: 60 }),
  fc.tuple(seq, fc.nat(2000)).map(([from, count]) => Array.from({ length: count }, (_, i) => from + i)), // a dense run
);

/** Bitmaps as Redis keeps them: by segment, no longer than the last bit needs. */
function bitmapsOf(numbers: Iterable<number>): Map<number, Buffer> {
  const bitmaps = new Map<number, { whole: Buffer; bytes: number }>();
  for (const number of numbers) {
    const segmentId = Math.floor(number / SEGMENT);
    const bit = number % SEGMENT;
    const byte = Math.floor(bit / 8);
    const bitmap = bitmaps.get(segmentId) ?? { whole: Buffer.alloc(SEGMENT / 8), bytes: 0 };
    bitmaps.set(segmentId, bitmap);
    bitmap.whole.writeUInt8(bitmap.whole.readUInt8(byte) | (0x80 >> (bit % 8)), byte);
    bitmap.bytes = Math.max(bitmap.bytes, byte + 1);
  }
  return new Map([...bitmaps].map(([id, { whole, bytes }]) => [id, whole.subarray(0, bytes)]));
}

function numbersOf(segmentId: number, firstByte: number, bits: Buffer): number[] {
  const numbers: number[] = [];
  for (const [i, byte] of bits.entries())
    for (let bit = 0; byte !== 0 && bit < 8; bit++)
      if (byte & (0x80 >> bit)) numbers.push(segmentId * SEGMENT + (firstByte + i) * 8 + bit);
  return numbers;
}

const sorted = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b);

describe('the rank index of present entries', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('seen' as const), seqs, ago: fc.nat(2) }),
    fc.record({ kind: fc.constant('epochs' as const), passed: fc.constantFrom(0, 1, 1, 2, 3, 4) }),
    fc.record({ kind: fc.constant('clear' as const) }),
  );
  const question = fc.tuple(seq, seq);

  it('counts, between any two seqs, those seen in this epoch or in one of the two before', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 12 }),
        fc.array(question, { maxLength: 20 }),
        seq,
        (steps, asked, headSeq) => {
          const presence = new Presence();
          let epoch = 7;
          const seen = new Map<number, Set<number>>();
          const seenIn = (at: number): Set<number> => seen.get(at) ?? new Set();
          presence.startEpoch(epoch);
          for (const it of steps) {
            if (it.kind === 'clear') {
              presence.clear();
              seen.clear();
            } else if (it.kind === 'epochs') presence.startEpoch((epoch += it.passed));
            else {
              const at = epoch - it.ago;
              seen.set(at, new Set([...seenIn(at), ...it.seqs]));
              for (const [segmentId, bitmap] of bitmapsOf(seenIn(at))) presence.set(at, segmentId, bitmap);
            }
            presence.index(0);
          }
          const present = new Set([epoch, epoch - 1, epoch - 2].flatMap((at) => [...seenIn(at)]));
          const count = (after: number, before: number): number =>
            [...present].filter((number) => number > after && number < before).length;

          for (const [after, before] of asked) {
            expect(presence.countBetween(after, before)).toBe(count(after, before));
            expect(presence.isMarked(after)).toBe(seenIn(epoch).has(after));
          }
          const listed = [...presence.bitmaps()].flatMap(({ segmentId, bitmap }) =>
            numbersOf(segmentId, 0, bitmap),
          );
          expect(sorted(listed)).toEqual(sorted(present));

          presence.index(headSeq); // those served long ago are forgotten, the rest counts as before
          for (const [, before] of asked)
            expect(presence.countBetween(headSeq, before)).toBe(count(headSeq, before));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('ignores bitmaps of epochs that are over or have not begun', () => {
    const presence = new Presence();
    presence.startEpoch(5);
    for (const epoch of [2, 6]) presence.set(epoch, 0, Buffer.from([0xff]));
    presence.index(0);
    expect(presence.countBetween(0, SEGMENT)).toBe(0);
  });

  it.each([
    [1, [1, 2, 3]],
    [2, [1, 2]],
    [3, []],
    [4, []],
    [-1, []],
  ])('%i epochs later has, of those seen in one epoch, %j', (passed, left) => {
    const presence = new Presence();
    presence.startEpoch(5);
    presence.set(5, 0, Buffer.from([0b01100000]));
    presence.set(4, 0, Buffer.from([0b00010000]));
    presence.startEpoch(5 + passed);
    presence.index(0);
    const isPresent = (number: number): boolean => presence.countBetween(number - 1, number + 1) === 1;
    expect([0, 1, 2, 3, 4].filter(isPresent)).toEqual(left);
    presence.set(5 + passed, 0, Buffer.from([0b10000000]));
    presence.startEpoch(7 + passed);
    presence.index(0);
    expect([0, 1, 2, 3, 4].filter(isPresent)).toEqual([0]); // and so on
  });

  it('drops the segments before the head', () => {
    const presence = new Presence();
    for (const segment of [0, 1, 2]) presence.set(0, segment, Buffer.from([0xff]));
    presence.index(2 * SEGMENT - 1);
    expect([...presence.bitmaps()].map(({ segmentId, bitmap }) => [segmentId, bitmap.length])).toEqual([
      [1, SEGMENT / 8],
      [2, SEGMENT / 8],
    ]);
  });

  it('drops what a newer bitmap of the same epoch does not have', () => {
    const presence = new Presence();
    presence.set(0, 0, Buffer.from([0, 0xff]));
    presence.set(0, 0, Buffer.from([0, 0x0f]));
    presence.index(0);
    expect(presence.countBetween(0, SEGMENT)).toBe(4);
  });
});

describe('presence marks', () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), seqs }),
    fc.record({ kind: fc.constant('merge' as const), seqs }),
    fc.record({ kind: fc.constant('take' as const), isSent: fc.boolean() }),
  );

  it('are handed over once each, unless the report failed', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), (acts) => {
        const marks = new PresenceMarks();
        let expected = new Set<number>();
        for (const it of acts) {
          if (it.kind === 'take') {
            const taken = marks.drain();
            expect(sorted(taken.flatMap((one) => numbersOf(...one)))).toEqual(sorted(expected));
            expect(new Set(taken.map(([segmentId]) => segmentId)).size).toBe(taken.length);
            if (it.isSent) expected = new Set();
            else marks.requeue(taken);
            continue;
          }
          if (it.kind === 'add') for (const number of it.seqs) marks.add(number);
          else
            for (const [segmentId, bits] of bitmapsOf(it.seqs)) {
              const bitmap = Buffer.alloc(SEGMENT / 8);
              bits.copy(bitmap);
              marks.merge(segmentId, bitmap);
            }
          expected = new Set([...expected, ...it.seqs]);
        }
        expect(sorted(marks.drain().flatMap((one) => numbersOf(...one)))).toEqual(sorted(expected));
        expect(marks.drain()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('take no more bytes than they touch', () => {
    const marks = new PresenceMarks();
    marks.add(7);
    expect(marks.drain()).toEqual([[0, 0, Buffer.from([1])]]);
    marks.add(SEGMENT + 800);
    marks.add(SEGMENT + 823);
    expect(marks.drain().map(([segmentId, first, bits]) => [segmentId, first, bits.length])).toEqual([
      [1, 100, 3],
    ]);
  });

  it('that are put back join those added meanwhile', () => {
    const marks = new PresenceMarks();
    marks.add(8);
    const taken = marks.drain();
    marks.add(70_000);
    marks.add(9);
    marks.requeue(taken);
    expect(sorted(marks.drain().flatMap((one) => numbersOf(...one)))).toEqual([8, 9, 70_000]);
  });
});
