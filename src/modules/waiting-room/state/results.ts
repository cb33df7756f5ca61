import type { AdmissionState } from '../admission/policy';
import type { QueueStatus } from '../schema';
import type { Entry } from './entries/entry';

/** Redis has lost the queue's state, or it is older than known: restore it, then call again. */
export type StateLost = 'state-lost';
/** This queue never issued the token. */
export type NotIssuedHere = 'not-issued-here';
/** A draw has given the entry another number, which the caller's snapshot does not know yet. */
export type DrawnMeanwhile = 'drawn';

/** Progress of a queue. Seqs up to `issued` have been issued; those up to `headSeq` have had their turn. */
export interface QueueProgress {
  issued: number;
  headSeq: number;
  gen: number;
}

export interface IssuedEntry extends Entry {
  status: QueueStatus;
  headSeq: number;
  /** Milliseconds of Redis' clock; 0 unless active. */
  sessionUntilMs: number;
  /** The user had no live entry before. */
  isNew: boolean;
  /** The proof was spent before. */
  wasSpent: boolean;
}

export interface EntryStatus {
  status: QueueStatus;
  position: number;
  sessionUntilMs: number;
  nowMs: number;
  /** Whether it may make another hold: holds prolong a session only up to a limit. */
  mayHold: boolean;
}

export interface Admitted {
  /** Seqs. */
  admitted: number[];
  /** How long the admitted entries waited, as far as it is known. */
  waitsMs: number[];
}

/** What one call of the admission script has done. */
export interface Tick extends Admitted {
  /** Sessions ended by their deadline, and by idleness. */
  ended: number;
  idle: number;
  /** The call has done as much as it may: call again at once. */
  more: boolean;
}

export interface EndedSession extends Admitted {
  /** When the sessions of those admitted end, milliseconds of Redis' clock. */
  deadlinesMs: number[];
  headSeq: number;
  nowMs: number;
  /** The entry was not DONE before. */
  isNew: boolean;
}

/** What has changed since a snapshot was taken; `whole`: everything, to begin a snapshot with. */
export interface SnapshotDelta extends QueueProgress {
  nowMs: number;
  epoch: number;
  version: number;
  active: number;
  rejoined: number;
  admittedTotal: number;
  whole: boolean;
  /** Entries that became active, with the deadline of the session, or that left (undefined). */
  changes: { seq: number; sessionUntilMs: number | undefined }[];
  bitmaps: { epoch: number; segmentId: number; bitmap: Buffer }[];
  admission: AdmissionState;
}

/** A piece of a bitmap over seqs. */
export type BitmapPiece = [segmentId: number, firstByte: number, bits: Buffer];

/** What a process has seen since its last report. */
export interface PresenceReport {
  /** Waiting users who polled. */
  bitmaps: BitmapPiece[];
  /** Seqs of active users who sent a request. */
  active: number[];
  /** The longest poll interval that was given to a client. */
  longestPollIntervalMs: number;
}

/** Entries that have ended, as bitmaps. */
export type Ends = Record<'done' | 'expired', BitmapPiece[]>;

/** An active session with its deadline by Redis' clock. */
export interface ActiveSession {
  seq: number;
  sessionUntilMs: number;
}

/** A worker’s request for leaves of the transparency log. */
export interface DrainRequest {
  /** The last leaf that is durable; undefined: there is none yet. */
  anchor: Buffer | undefined;
  /** Most leaves to give. */
  max: number;
  /** Leaves that describe the whole state are to be added at the end. */
  saysState: boolean;
}

/** Leaves of the transparency log that are not durable yet. */
export interface DrainedLeaves {
  nowMs: number;
  /** The last durable leaf was found; false: leaves have been lost, and these are all there are. */
  isWhole: boolean;
  /** How many further leaves are waiting. */
  left: number;
  leaves: Buffer[];
}

/** The proof that a token costs, and how long Redis must remember that it is spent. */
export interface SpentProof {
  id: string;
  lifeMs: number;
}
