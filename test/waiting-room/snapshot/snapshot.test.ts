import type { SnapshotDelta } from '../../../src/modules/waiting-room/state/results';
import { INITIAL_ADMISSION_STATE } from '../../../src/modules/waiting-room/admission/policy';
import { Snapshot } from '../../../src/modules/waiting-room/snapshot/snapshot';

const clock = { nowMs: 5000 };
jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => clock.nowMs }));

/** Redis' clock is another than the process'. */
const T0 = 1_700_000_000_000;
const LATER = T0 + 60_000;

/** Twelve entries: the head is 4, of which 2 and 3 are active; 6 and those from 8 on are present. */
const delta = (changes: Partial<SnapshotDelta> = {}): SnapshotDelta => ({
  nowMs: T0,
  issued: 12,
  headSeq: 4,
  gen: 1,
  epoch: 7,
  version: 30,
  active: 2,
  rejoined: 0,
  admittedTotal: 4,
  whole: true,
  admission: INITIAL_ADMISSION_STATE,
  changes: [
    { seq: 2, sessionUntilMs: LATER },
    { seq: 3, sessionUntilMs: LATER },
  ],
  bitmaps: [{ epoch: 7, segmentId: 0, bitmap: Buffer.from([0b00000010, 0b11111000]) }],
  ...changes,
});

function snapshotWith(changes: Partial<SnapshotDelta> = {}): Snapshot {
  clock.nowMs = 5000;
  const made = new Snapshot();
  made.apply(delta(changes));
  return made;
}

const entry = (seq: number, gen = 1): { seq: number; gen: number } => ({ seq, gen });
const peek = (of: Snapshot, seq: number): unknown => of.peek(entry(seq), LATER);

describe('a snapshot', () => {
  it('is empty before its first refresh', () => {
    const empty = new Snapshot();
    expect(empty).toMatchObject({
      version: 0,
      gen: 0,
      headSeq: 0,
      waiting: 0,
      active: 0,
      admission: INITIAL_ADMISSION_STATE,
    });
    expect([peek(empty, 1), empty.isActive(1), empty.liveSessions()]).toEqual([undefined, false, []]);
  });

  it('has the active users and the positions of the waiting ones', () => {
    const of = snapshotWith();
    expect(of).toMatchObject({ version: 30, gen: 1, headSeq: 4, waiting: 6, active: 2 });
    expect([peek(of, 2), peek(of, 3)]).toEqual([{ status: 'PROGRESS' }, { status: 'PROGRESS' }]);
    expect([6, 7, 8, 12].map((seq) => peek(of, seq))).toEqual(
      [1, 2, 2, 6].map((position) => ({ status: 'WAITING', position })),
    );
  });

  it('counts rejoined entries ahead of all entries behind the head', () => {
    const of = snapshotWith({ rejoined: 3 });
    expect([of.waiting, peek(of, 6)]).toEqual([9, { status: 'WAITING', position: 4 }]);
  });

  it('leaves a poll to Redis when only Redis has the answer', () => {
    const of = snapshotWith();
    expect(peek(of, 4)).toBeUndefined(); // not after the head, and not active
    expect(peek(of, 13)).toBeUndefined(); // issued after the snapshot
    expect(of.peek(entry(6, 2), LATER)).toBeUndefined(); // of a later generation
    expect(of.peek(entry(6, 1), T0)).toBeUndefined(); // has waited too long
    expect(of.peek(entry(6, 1), T0 + 1)).toBeDefined();
    expect(of.peek(entry(2, 0), 0)).toEqual({ status: 'PROGRESS' }); // of an earlier generation, and active
  });

  it('goes on with the clock of the process from the moment of the refresh', () => {
    const of = snapshotWith();
    clock.nowMs += 1500;
    expect(of.nowMs).toBe(T0 + 1500);
    expect(of.peek(entry(6), T0 + 1500)).toBeUndefined();
    clock.nowMs += 58_499;
    expect([of.isActive(2), of.liveSessions()]).toEqual([
      true,
      [
        { seq: 2, sessionUntilMs: LATER },
        { seq: 3, sessionUntilMs: LATER },
      ],
    ]);
    clock.nowMs += 1; // the leases are past
    expect([of.isActive(2), of.liveSessions(), peek(of, 2)]).toEqual([false, [], undefined]);
  });

  it('applies the changes of a refresh', () => {
    const of = snapshotWith();
    clock.nowMs += 9999;
    const bitmaps = [{ epoch: 8, segmentId: 0, bitmap: Buffer.from([0, 0, 0b10000000]) }];
    const changes = [
      { seq: 2, sessionUntilMs: undefined },
      { seq: 5, sessionUntilMs: LATER },
    ];
    const admission = { ...INITIAL_ADMISSION_STATE, autoLimit: 9 };
    of.apply(
      delta({
        whole: false,
        nowMs: T0 + 10,
        issued: 16,
        headSeq: 5,
        version: 31,
        epoch: 8,
        changes,
        bitmaps,
        admission,
      }),
    );
    expect(of).toMatchObject({
      version: 31,
      headSeq: 5,
      active: 2,
      waiting: 7,
      nowMs: T0 + 10,
      admission,
    });
    expect([2, 3, 5].map((seq) => of.isActive(seq))).toEqual([false, true, true]);
  });

  it('is replaced when a whole snapshot is applied', () => {
    const of = snapshotWith();
    of.apply(delta({ changes: [{ seq: 9, sessionUntilMs: LATER }], bitmaps: [] }));
    expect([of.active, of.waiting, of.isActive(2), of.isActive(9)]).toEqual([1, 0, false, true]);
  });

  it('adds admissions that the process has made itself', () => {
    const of = snapshotWith();
    of.enter([5, 6], LATER, 6);
    expect([of.headSeq, of.active, of.isActive(6)]).toEqual([6, 4, true]);
    of.enter([], LATER, 5); // an older answer
    expect(of.headSeq).toBe(6);
    of.leave(5);
    expect([of.active, peek(of, 5)]).toEqual([3, undefined]);
  });

  it('does not bring back a session that has ended since the change was asked for', () => {
    const of = snapshotWith();
    of.expectDelta();
    of.leave(2);
    of.apply(delta({ whole: false, changes: [{ seq: 2, sessionUntilMs: LATER + 1 }] }));
    expect([of.isActive(2), of.isActive(3)]).toEqual([false, true]);
    of.expectDelta();
    of.apply(delta({ whole: false, changes: [{ seq: 2, sessionUntilMs: LATER + 1 }] }));
    expect(of.isActive(2)).toBe(true); // as Redis says, which was asked after the end
    of.leave(3);
    of.enter([3], LATER, 0); // admitted again
    of.apply(delta({ changes: [{ seq: 3, sessionUntilMs: LATER }] }));
    expect(of.isActive(3)).toBe(true);
  });

  it('adds nothing before its first refresh', () => {
    const of = new Snapshot();
    of.enter([1], LATER, 1);
    expect([of.active, of.headSeq]).toEqual([0, 0]);
  });
});
