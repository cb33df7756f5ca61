import type { QueueStatus } from '../schema';
import { readAdmission } from './admission-fields';
import type {
  DrainedLeaves,
  DrawnMeanwhile,
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

/** 'proof-spent': the proof has given another entry before. */
export type IssueReply = IssuedEntry | StateLost | 'proof-spent' | { drawnSeq: number };
export type ResolveReply = EntryStatus | StateLost | NotIssuedHere | DrawnMeanwhile;

const ISSUED_FIELDS = 7;
const STATUS_FIELDS = 4;

/** Reads the reply of issue-4.lua. @param users those for whom the script was called */
export function readIssued(reply: unknown, users: { userId: number }[]): IssueReply[] {
  const [head, ...fields] = reply as [number | StateLost, ...(string | number)[]];
  if (head === 'state-lost') return users.map(() => head);
  return users.map(({ userId }, i) => {
    const own = fields.slice(i * ISSUED_FIELDS, (i + 1) * ISSUED_FIELDS);
    const [status, ...numbers] = own as [QueueStatus | StateLost | 'SPENT' | DrawnMeanwhile, ...Numbers<6>];
    if (status === 'state-lost') return status;
    if (status === 'SPENT') return 'proof-spent';
    const [seq, gen, iatMs, sessionUntilMs, isNew, wasSpent] = numbers;
    if (status === 'drawn') return { drawnSeq: seq };
    const entry = { userId, seq, gen, iatMs };
    return { ...entry, status, headSeq: head, sessionUntilMs, isNew: isNew === 1, wasSpent: wasSpent === 1 };
  });
}

/** Reads the reply of resolve-4.lua to a batch of tokens. */
export function readEntryStatuses(reply: unknown, count: number): ResolveReply[] {
  const [nowMs, ...fields] = reply as [number | StateLost, ...(string | number)[]];
  if (nowMs === 'state-lost') return Array<StateLost>(count).fill(nowMs);
  return Array.from({ length: count }, (_, i) => {
    const own = fields.slice(i * STATUS_FIELDS, (i + 1) * STATUS_FIELDS);
    const [status, ...numbers] = own as [Exclude<ResolveReply, EntryStatus> | QueueStatus, ...Numbers<3>];
    if (status === 'state-lost' || status === 'not-issued-here' || status === 'drawn') return status;
    const [position, sessionUntilMs, mayHold] = numbers;
    return { status, position, sessionUntilMs, nowMs, mayHold: mayHold === 1 };
  });
}

type AdmitReply = ['OK' | StateLost, ...Numbers<2>, admitted: number[], waitsMs: number[]];

/** Reads the reply of admit-4.lua. */
export function readTick(reply: unknown): Tick | StateLost {
  const [status, ended, idle, admitted, waitsMs, more] = reply as [...AdmitReply, more: number];
  if (status === 'state-lost') return status;
  return { ended, idle, admitted, waitsMs, more: more === 1 };
}

/** Reads the reply of end-session-4.lua to a batch. The first one also names the entries that were admitted in their place. */
export function readEndedSessions(reply: unknown, count: number): (EndedSession | StateLost)[] {
  const [status, headSeq, nowMs, admitted, waitsMs, areNew, deadlinesMs] = reply as [
    ...AdmitReply,
    areNew: number[],
    deadlinesMs: number[],
  ];
  if (status === 'state-lost') return Array<StateLost>(count).fill(status);
  return areNew.map((isNew, i) => {
    const next =
      i === 0 ? { admitted, waitsMs, deadlinesMs } : { admitted: [], waitsMs: [], deadlinesMs: [] };
    return { headSeq, nowMs, isNew: isNew === 1, ...next };
  });
}

/** Reads the reply of extend-session-4.lua to a batch: deadlines. */
export function readExtendedSessions(reply: unknown, count: number): (number | StateLost)[] {
  const [status, ...deadlinesMs] = reply as ['OK' | StateLost, ...number[]];
  return status === 'state-lost' ? Array<StateLost>(count).fill(status) : deadlinesMs;
}

type SnapshotReply = [Buffer, ...Numbers<10>, Buffer[], (number | Buffer)[], (Buffer | null)[]];

/** What snapshot-4.lua has found. `isListed`: false when the active entries of a whole snapshot are too many for its reply. */
type FoundDelta = SnapshotDelta & { isListed: boolean };

/** Reads the reply of snapshot-4.lua. */
export function readDelta(reply: unknown): FoundDelta | StateLost {
  const [status, ...rest] = reply as SnapshotReply;
  if (status.toString() === 'state-lost') return 'state-lost';
  const [nowMs, issued, headSeq, gen, epoch, version, active, rejoined, admittedTotal, whole, ...lists] =
    rest;
  const [changes, bitmaps, admission] = lists;
  return {
    nowMs,
    issued,
    headSeq,
    gen,
    epoch,
    version,
    active,
    rejoined,
    admittedTotal,
    whole: whole > 0,
    isListed: whole < 2,
    changes: changes.map(readChange),
    bitmaps: readBitmaps(bitmaps),
    admission: readAdmission(admission),
  };
}

/** Reads the reply of drain-leaves-4.lua. */
export function readDrained(reply: unknown): DrainedLeaves | StateLost {
  const [nowMs, isWhole, left, leaves] = reply as [...Numbers<3>, Buffer[]] | [Buffer, never, never, never];
  if (typeof nowMs !== 'number') return 'state-lost';
  return { nowMs, isWhole: isWhole === 1, left, leaves };
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
