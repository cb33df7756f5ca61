import type { QueueStatus } from '../schema';
import { readAdmission } from './admission-fields';
import type {
  EndedSession,
  EntryStatus,
  IssuedEntry,
  NotIssuedHere,
  SnapshotDelta,
  StateLost,
  Tick,
} from './results';

export type Numbers<N extends number, A extends number[] = []> = A['length'] extends N
  ? A
  : Numbers<N, [...A, number]>;

/** Reads the reply of issue-5.lua. @returns 'proof-spent' when the proof of work has given another entry before */
export function readIssued(reply: unknown, userId: number): IssuedEntry | StateLost | 'proof-spent' {
  const [status, ...numbers] = reply as [QueueStatus | StateLost | 'SPENT', ...Numbers<7>];
  if (status === 'state-lost') return status;
  if (status === 'SPENT') return 'proof-spent';
  const [seq, gen, iatMs, headSeq, sessionUntilMs, isNew, wasSpent] = numbers;
  const entry = { userId, seq, gen, iatMs };
  return { ...entry, status, headSeq, sessionUntilMs, isNew: isNew === 1, wasSpent: wasSpent === 1 };
}

/** Reads the reply of resolve-5.lua. */
export function readEntryStatus(reply: unknown): EntryStatus | StateLost | NotIssuedHere {
  const [status, ...numbers] = reply as [QueueStatus | StateLost | NotIssuedHere, ...Numbers<4>];
  if (status === 'state-lost' || status === 'not-issued-here') return status;
  const [position, sessionUntilMs, nowMs, mayHold] = numbers;
  return { status, position, sessionUntilMs, nowMs, mayHold: mayHold === 1 };
}

type AdmitReply = ['OK' | StateLost, ...Numbers<2>, admitted: number[], waitsMs: number[]];

/** Reads the reply of admit-4.lua. @param most most entries that the call may admit */
export function readTick(reply: unknown, most: number): Tick | StateLost {
  const [status, ended, idle, admitted, waitsMs] = reply as AdmitReply;
  if (status === 'state-lost') return status;
  return { ended, idle, admitted, waitsMs, more: admitted.length === most };
}

/** Reads the reply of end-session-4.lua. */
export function readEndedSession(reply: unknown): EndedSession | StateLost {
  const [status, headSeq, nowMs, admitted, waitsMs, isNew, deadlinesMs] = reply as [
    ...AdmitReply,
    isNew: number,
    deadlinesMs: number[],
  ];
  if (status === 'state-lost') return status;
  return { headSeq, nowMs, admitted, waitsMs, isNew: isNew === 1, deadlinesMs };
}

type SnapshotReply = [Buffer, ...Numbers<10>, Buffer[], (number | Buffer)[], (Buffer | null)[]];

/** Reads the reply of snapshot-4.lua. */
export function readDelta(reply: unknown): SnapshotDelta | StateLost {
  const [status, ...rest] = reply as SnapshotReply;
  if (status.toString() === 'state-lost') return 'state-lost';
  const [nowMs, issued, headSeq, gen, epoch, version, active, rejoined, admittedTotal, whole, ...lists] =
    rest;
  const [changes, bitmaps, admission] = lists;
  return {
    ...{ nowMs, issued, headSeq, gen, epoch, version, active, rejoined, admittedTotal },
    whole: whole === 1,
    changes: changes.map(readChange),
    bitmaps: readBitmaps(bitmaps),
    admission: readAdmission(admission),
  };
}

/** `+<seq>:<deadline of the session>` or `-<seq>:…` */
function readChange(change: Buffer): SnapshotDelta['changes'][number] {
  const text = change.toString('latin1');
  const colon = text.indexOf(':');
  const seq = Number(text.slice(1, colon));
  return { seq, sessionUntilMs: text.startsWith('+') ? Number(text.slice(colon + 1)) : undefined };
}

function readBitmaps(flat: (number | Buffer)[]): SnapshotDelta['bitmaps'] {
  const bitmaps: SnapshotDelta['bitmaps'] = [];
  for (let i = 0; i + 2 < flat.length; i += 3)
    bitmaps.push({
      epoch: flat[i] as number,
      segmentId: flat[i + 1] as number,
      bitmap: flat[i + 2] as Buffer,
    });
  return bitmaps;
}
