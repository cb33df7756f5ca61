import { z } from 'zod';
import { lines, OffsetTime, Won } from '../../../http/fields';

/** How a queue stands. WAITLIST: all seats are sold or held; those that become free again go to the head of the queue. */
export const QueueState = z.enum(['NOT_OPEN', 'DRAW', 'OPEN', 'PAUSED', 'WAITLIST', 'SOLD_OUT', 'CLOSED']);
export type QueueState = z.infer<typeof QueueState>;

/** Whether seats are left when the turn comes: probability of at least 0.8, at least 0.2, or less. */
export const Chance = z.enum(['likely', 'possible', 'unlikely']);
export type Chance = z.infer<typeof Chance>;

const Chances = z.object({
  likelyUpTo: z.int().min(0).describe('Positions up to this one have a likely chance'),
  possibleUpTo: z
    .int()
    .min(0)
    .describe('The next ones, up to this one, a possible one; all others an unlikely one'),
});
export type Chances = z.infer<typeof Chances>;

const MAX_MESSAGE = 500;

/** The operator’s message to all waiting users. */
export const Notice = z.strictObject({ ko: lines(MAX_MESSAGE), en: lines(MAX_MESSAGE) });
export type Notice = z.infer<typeof Notice>;

/** Free seats of one price class. */
const SeatsLeft = z.object({ name: z.string(), amount: Won, seats: z.int().min(0) });

/** State of the sale; a field is left out as long as it is unknown. */
export const SaleFacts = z.object({
  state: QueueState.exclude(['PAUSED', 'DRAW']).optional(),
  opensAt: OffsetTime.optional(),
  left: z.array(SeatsLeft).optional(),
  chances: Chances.optional(),
  countedAtMs: z.int().optional(),
});
export type SaleFacts = z.infer<typeof SaleFacts>;

/** How a client at this position, or the next smaller one that is listed, goes on. */
export const Pace = z.object({
  position: z.int().min(1),
  etaSeconds: z.int().min(0).describe('Estimated time to admission; between two positions, in proportion'),
  statusAfterMs: z.int().min(1).describe('When to read the status again, ± 10 % at random'),
  presenceAfterMs: z
    .int()
    .min(1)
    .describe('When to send POST /v1/api/queue/presence again, ± 10 % at random'),
});
export type Pace = z.infer<typeof Pace>;

export const QueueStatusReport = z.object({
  queueId: z.string(),
  state: QueueState,
  mode: z
    .enum(['fifo', 'draw'])
    .describe('draw: the order of those who are registered at opensAt is drawn then'),
  nowMs: z
    .int()
    .min(0)
    .describe('Clock of the queue when this was made, milliseconds since 1970; 0: not known yet'),
  opensAt: OffsetTime.nullable().describe('When the sale opens or has opened'),
  generation: z.int().min(0).describe('Raised by each restore of the queue'),
  firstGeneration: z
    .int()
    .min(0)
    .describe('A token of an earlier generation than this is of another queue history'),
  headSeq: z.int().min(0).describe('Entries up to this one have had their turn: ask POST /queue/token/check'),
  issued: z.int().min(0).describe('The last entry that was given out'),
  waiting: z.int().min(0).describe('Present waiting users'),
  active: z.int().min(0),
  admissionsPerSecond: z.number().min(0).describe('Measured over the last 30 s'),
  etaBand: z
    .object({ low: z.number(), high: z.number() })
    .nullable()
    .describe('8 of 10 waits were between low and high times the estimate; null: too few are known to say'),
  left: z.array(SeatsLeft).nullable().describe('Free seats by price class; null: not known'),
  countedAtMs: z
    .int()
    .nullable()
    .describe('Clock of the queue when state, left and chances were last counted; null: never'),
  chances: Chances.nullable().describe(
    'Whether seats are left when the turn comes, by position; null: not known',
  ),
  notice: Notice.nullable().describe('What the operator says to all who wait'),
  pace: z.array(Pace),
  rejoined: z.int().min(0).describe('Waiting users ahead of all others: they were passed over and came back'),
  exact: z
    .string()
    .describe(
      'A bit for each entry from headSeq + 1 on, at most 4,096, most significant bit first: present or not. Base64',
    ),
  counts: z
    .array(z.int().min(0))
    .describe(
      'Present entries beyond those, from point to point. The first point is 4,096 entries behind the head, each further one ⌈2 %⌉ farther, the last one is `issued`',
    ),
});
export type QueueStatusReport = z.infer<typeof QueueStatusReport>;
