import { z } from 'zod';
import { Id, OffsetTime, Reason } from '../../http/fields';

const MOST = 1_000_000;
const Count = z.int().min(1).max(MOST);
const QueueId = z.string().regex(/^[\w-]{1,64}$/);

/** Settings of a rehearsal. */
export const RehearsalWanted = z.strictObject({
  queueId: QueueId.describe('The queue of the rehearsal: one that no buyer is in'),
  users: Count.describe('Test users, who all arrive within a second'),
  seats: Count.describe('Hidden seats'),
  waitMinutes: z.int().min(1).max(120).default(5).describe('Longest wait of a test user'),
  real: z
    .strictObject({ seats: Count, buyers: Count })
    .nullable()
    .default(null)
    .describe('The sale whose end is to be predicted'),
});
export type RehearsalWanted = z.infer<typeof RehearsalWanted>;

export const RehearsalRequest = RehearsalWanted.extend({ reason: Reason });
export type RehearsalRequest = z.infer<typeof RehearsalRequest>;

const RehearsalCapacity = z.object({
  users: z.int().min(1).describe('Most active users at once who were served within the objective'),
  isLimit: z
    .boolean()
    .describe('false: the users did not suffice to find the limit, so more may be possible'),
});

/** What a rehearsal has shown. */
export const RehearsalOutcome = z.object({
  targetMs: z.number().describe('The objective: p99 of the slowest endpoint of active users'),
  p99Ms: z.number(),
  failedShare: z.number().min(0).max(1),
  isKept: z.boolean().describe('Whether the objective was kept'),
  capacity: RehearsalCapacity.nullable(),
  sold: z.int().min(0),
  soldOutAfterSeconds: z.number().nullable().describe('From the first request; null: it was not sold out'),
  perSecond: z.number().nullable().describe('Seats a second in the middle of the sale'),
  realSoldOutAfterSeconds: z
    .number()
    .nullable()
    .describe('Predicted for the real sale; null: none was given, or it is not sold out by that many buyers'),
  realSoldOutRange: z
    .object({
      fromSeconds: z.number(),
      toSeconds: z.number().nullable().describe('null: some of the simulated sales are never sold out'),
    })
    .nullable()
    .default(null)
    .describe('Nine of ten simulated sales end within it; null: no prediction, or one of an earlier version'),
});
export type RehearsalOutcome = z.infer<typeof RehearsalOutcome>;

export const RehearsalState = z.enum(['WAITING', 'RUNNING', 'DONE', 'FAILED', 'CANCELED']);
export type RehearsalState = z.infer<typeof RehearsalState>;

export const RehearsalView = z.object({
  rehearsalId: Id,
  ...RehearsalWanted.shape,
  waitMinutes: z.int().nullable(),
  seats: z.int().nullable(),
  real: z.object({ seats: z.int(), buyers: z.int() }).nullable(),
  state: RehearsalState.describe('WAITING: for a runner, `npm run load -- rehearse --requests`'),
  requestedBy: z.string().nullable().describe('The operator; null: the command line'),
  requestedAt: OffsetTime,
  startedAt: OffsetTime.nullable(),
  endedAt: OffsetTime.nullable(),
  outcome: RehearsalOutcome.nullable(),
  failure: z.string().nullable().describe('Why it has shown nothing'),
});
export type RehearsalView = z.infer<typeof RehearsalView>;

/** A rehearsal that waits for a runner, as the runner reads it. */
export interface WaitingRehearsal extends RehearsalWanted {
  rehearsalId: number;
}

/** The stage of a rehearsal: what the load needs to know. */
export interface Stage {
  rehearsalId: number;
  scheduleId: number;
  firstUserId: number;
  users: number;
}

/** How many active users at once were served within the objective. */
export interface FoundCapacity {
  capacity: number;
  /** Users waited for the limit meanwhile, so it is not demand that has ended there. */
  isLimit: boolean;
}

/** What a rehearsal pass is good for. */
export interface PassClaims {
  purpose: 'rehearsal-pass';
  queueId: string;
  firstUserId: number;
  users: number;
  /** By Redis' clock, milliseconds. */
  untilMs: number;
}

export const PassedIssueBody = z.strictObject({
  userId: Id.describe('A test user of the rehearsal'),
  queueId: QueueId.describe('The queue of the rehearsal'),
  pass: z.string().max(1024).describe('From POST /v1/admin/rehearsals/{rehearsalId}/pass'),
});
export type PassedIssueBody = z.infer<typeof PassedIssueBody>;
