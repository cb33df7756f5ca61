import type { LiveReport } from './schema';

/** A report as in the field, for the document. */
export const EXAMPLE: LiveReport = {
  process: 'api-1:17',
  nowMs: 1_900_000_000_000,
  queues: [
    {
      ...{ queueId: 'main', ageMs: 120, state: 'OPEN', opensAt: null },
      ...{ waiting: 1200, absent: 40, rejoined: 2, active: 310, activeLimit: 320 },
      ...{ admissionRateLimit: 60, admissionsPerSecond: 41.5, lastEtaSeconds: 29 },
      ...{ etaBand: { low: 0.9, high: 1.2 }, paused: false, source: 'auto' },
      ...{ override: { limit: null, rate: null }, overrideTag: '//' },
      decision: { action: 'increase', bottleneck: 'none' },
      ...{ notice: null, noticeTag: 'da39a3ee5e6b4b0d3255bfef95601890afd80709' },
    },
  ],
  fleet: {
    ...{ ageMs: 300, targetP99Ms: 200, p99Ms: 48, requestsPerSecond: 820, failedPerSecond: 0 },
    ...{ shedPerSecond: 0, inFlight: 31, poolBusy: 0.4, poolWaitMs: 2, loopDelayMs: 3 },
    breakers: [{ name: 'queueService', closed: 1, halfOpen: 0, open: 0 }],
    outbox: { backlog: 3, oldestSeconds: 0.2 },
    invariants: { broken: [], checkedSecondsAgo: 4 },
    processes: [
      {
        ...{ id: 'api-1:17', role: 'all', ageMs: 300, upSeconds: 4000, p99Ms: 48, requestsPerSecond: 820 },
        ...{ shedPerSecond: 0, loopDelayMs: 3, breakers: { queueService: 'closed' } },
        pool: { open: 32, inUse: 9, waiting: 0, max: 32 },
      },
    ],
  },
  stores: {
    ...{ ageMs: 400, database: { status: 'up', ms: 1 }, redis: { status: 'up', ms: 1 } },
    kafka: { status: 'off' },
  },
  sales: {
    ...{ ageMs: 800, everyMs: 1000 },
    queues: [
      {
        ...{ queueId: 'main', holds: 96, soldOutAtMs: 1_900_000_600_000 },
        classes: [{ name: 'VIP', amount: 200_000, free: 300, held: 96, sold: 604, blocked: 0 }],
        minutes: [
          { minuteMs: 1_899_999_960_000, seats: 41, won: 8_200_000, lapses: 2, byClass: { VIP: 41 } },
        ],
      },
    ],
  },
};
