import { z } from 'zod';
import { OffsetTime } from '../../http/fields';
import { Notice, QueueState } from '../waiting-room/status/schema';
import { SalesOfQueue } from './sales/sales';

const Age = z.int().min(0).describe('How old this is, milliseconds');
const AgeIfAny = z.int().min(-1).describe('How old this is, milliseconds; -1: there is none yet');
const Count = z.int().min(0);
const Share = z.number().min(0);

export const LiveQueue = z.object({
  queueId: z.string(),
  ageMs: AgeIfAny.describe('Of this process’ snapshot of the queue, milliseconds; -1: there is none yet'),
  state: QueueState,
  opensAt: OffsetTime.nullable(),
  waiting: Count.describe('Present waiting users'),
  absent: Count.describe('Behind the head and not present: passed over unless they come back in time'),
  rejoined: Count,
  active: Count,
  activeLimit: Count,
  admissionRateLimit: z.number().nullable().describe('Admissions a second; null: no limit'),
  admissionsPerSecond: z.number().min(0).describe('Measured over the last 30 s'),
  lastEtaSeconds: Count.nullable().describe(
    'Estimated wait of the last one in the queue; null: nobody waits',
  ),
  etaBand: z
    .object({ low: z.number(), high: z.number() })
    .nullable()
    .describe('8 of 10 waits were between low and high times the estimate; null: too few are known to say'),
  paused: z.boolean(),
  source: z.enum(['operator', 'auto', 'fixed']),
  override: z.object({ limit: Count.nullable(), rate: z.number().nullable() }),
  overrideTag: z.string().describe('Send it as If-Match with a command on admission'),
  decision: z
    .object({ action: z.string(), bottleneck: z.string() })
    .nullable()
    .describe('The last one of the admission controller'),
  notice: Notice.nullable(),
  noticeTag: z.string().describe('Send it as If-Match with a notice'),
});
export type LiveQueue = z.infer<typeof LiveQueue>;

const Pool = z.object({ open: Count, inUse: Count, waiting: Count, max: Count });
const Breaker = z.enum(['closed', 'open', 'half_open']);

const ProcessView = z.object({
  id: z.string().describe('<host>:<process id>'),
  role: z.string(),
  ageMs: Age,
  upSeconds: Count,
  p99Ms: z.number().nullable(),
  requestsPerSecond: Share.nullable(),
  shedPerSecond: Share,
  loopDelayMs: z.number().nullable(),
  breakers: z.record(z.string(), Breaker),
  pool: Pool,
});

/** All processes together, as they have reported to Redis in the last seconds. */
export const Fleet = z.object({
  ageMs: AgeIfAny.describe('Since the processes’ reports were read, milliseconds; -1: never'),
  targetP99Ms: z.number(),
  p99Ms: z.number().nullable().describe('Of the requests of active users in the last 5 s; null: none'),
  requestsPerSecond: Share,
  failedPerSecond: Share,
  shedPerSecond: Share.describe('Requests refused at once because of overload'),
  inFlight: Count,
  poolBusy: Share.describe(
    'Share of the time in which database connections were in use: the busiest process',
  ),
  poolWaitMs: Share.describe('Longest wait for a database connection'),
  loopDelayMs: Share.describe('p99 of the event loop’s delay: the slowest process'),
  breakers: z.array(z.object({ name: z.string(), closed: Count, halfOpen: Count, open: Count })),
  outbox: z.object({ backlog: Count, oldestSeconds: Share }).nullable(),
  invariants: z
    .object({
      broken: z.array(z.object({ invariant: z.string(), count: Count })),
      checkedSecondsAgo: Count,
    })
    .nullable(),
  processes: z.array(ProcessView),
});
export type Fleet = z.infer<typeof Fleet>;

const Store = z.object({
  status: z.enum(['up', 'down', 'off']),
  ms: z.number().optional(),
  reason: z.literal('full').optional().describe('It answers, but has refused a row for lack of room'),
});

export const LiveReport = z.object({
  process: z.string().describe('The one that answers: the queues are as its snapshots have them'),
  nowMs: z.number().describe('Clock of the queues, milliseconds since 1970; 0: not known yet'),
  queues: z.array(LiveQueue),
  fleet: Fleet,
  stores: z
    .object({ ageMs: AgeIfAny, database: Store, redis: Store, kafka: Store })
    .describe('As this process reaches them'),
  sales: z.object({
    ageMs: AgeIfAny.describe('Since they were counted, milliseconds; -1: never'),
    everyMs: Count.describe('How often they are counted, so that counting takes at most 5 % of the time'),
    queues: z.array(
      SalesOfQueue.extend({
        soldOutAtMs: z
          .number()
          .nullable()
          .describe('When all is sold if sales go on as in the last 5 minutes; null: not to be said'),
      }),
    ),
  }),
});
export type LiveReport = z.infer<typeof LiveReport>;

/** A second of the curves. */
export const HistoryPoint = z.object({
  atMs: z.number(),
  p99Ms: z.number().nullable(),
  queues: z.record(z.string(), z.object({ waiting: Count, active: Count, limit: Count })),
});
export type HistoryPoint = z.infer<typeof HistoryPoint>;

const LiveHistory = z.object({ points: z.array(HistoryPoint) });
export const LiveEvent = z.union([LiveReport, LiveHistory]);
export type LiveEvent = z.infer<typeof LiveEvent>;
