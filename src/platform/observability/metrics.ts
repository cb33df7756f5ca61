import cluster from 'node:cluster';
import { Lifecycle, scoped } from 'tsyringe';
import { joinScrapes } from './cluster-metrics';
import { LatencyHistogram } from './latency-histogram';
import { type Description, Readings } from './readings';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

const LATENCY_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10];
const WAIT_BUCKETS_S = [0.25, 1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200];

/** Every metric of a process, in one registry of its own: two instances in one process do not mix. */
@scoped(Lifecycle.ContainerScoped)
export class Metrics {
  readonly registry = new Registry();
  private readonly in = { registers: [this.registry] };

  readonly httpDuration = new LatencyHistogram(
    {
      name: 'http_request_duration_seconds',
      help: 'Time to answer, by route template',
      buckets: LATENCY_BUCKETS_S,
    },
    this.registry,
  );
  /** A plain number: it changes twice a request, and is read at each scrape. */
  requestsInFlight = 0;
  readonly requestsShed = this.counter(
    'http_requests_shed_total',
    'Requests answered 503 at once: more was asked than can be done in time',
  );

  readonly connectionsDropped = this.counter(
    'http_connections_dropped_total',
    'Connections closed because the process has HTTP_MAX_CONNECTIONS',
  );

  readonly uncaughtErrors = this.counter(
    'concert_uncaught_errors_total',
    'Errors that nobody caught, of drivers, sockets and timers; the process went on',
  );

  readonly queueIssued = this.counter('concert_queue_tokens_issued_total', 'Token requests answered', [
    'status',
  ]);
  readonly queueWaiting = this.gauge('concert_queue_waiting', 'Present waiters', ['queue'], 'whole');
  readonly queueActive = this.gauge('concert_queue_active', 'Visitors inside', ['queue'], 'whole');
  readonly queueActiveLimit = this.gauge(
    'concert_queue_active_limit',
    'Most visitors inside',
    ['queue'],
    'whole',
  );
  readonly queueAdmissionRateLimit = this.gauge(
    'concert_queue_admission_rate_limit',
    'Most admissions a second, where there is a limit',
    ['queue'],
    'whole',
  );
  readonly queuePaused = this.gauge(
    'concert_queue_paused',
    '1 while the operator lets nobody in',
    ['queue'],
    'whole',
  );
  readonly queueLimitSource = this.gauge(
    'concert_queue_limit_source',
    '1 for who sets the door',
    ['queue', 'source'],
    'whole',
  );
  readonly queueControllerAction = this.gauge(
    'concert_queue_controller_action',
    '1 for the controller’s last decision',
    ['queue', 'action'],
    'whole',
  );
  readonly queueControllerBottleneck = this.gauge(
    'concert_queue_controller_bottleneck',
    '1 for the signal that is closest to its limit',
    ['queue', 'signal'],
    'whole',
  );
  readonly queueOperatorCommands = this.counter(
    'concert_queue_operator_commands_total',
    'Acts of the operator on the door',
    ['queue', 'command'],
  );
  readonly queueAdmitted = this.counter('concert_queue_admissions_total', 'Visitors let in by this process', [
    'queue',
  ]);
  readonly queueSessionsEnded = this.counter('concert_queue_sessions_ended_total', 'Places ended, by why', [
    'queue',
    'reason',
  ]);
  readonly queueStateRestores = this.counter(
    'concert_queue_state_restores_total',
    'Times the state was lost and restored',
    ['queue'],
  );
  readonly queueWait = new Histogram({
    ...this.in,
    name: 'concert_queue_wait_seconds',
    help: 'Time from token to admission (resolution 0.25 s)',
    labelNames: ['queue'],
    buckets: WAIT_BUCKETS_S,
  });

  readonly queueEtaError = new Histogram({
    ...this.in,
    name: 'concert_queue_eta_error_seconds',
    help: 'Calibration of etaSeconds: real minus predicted wait',
    labelNames: ['queue'],
    buckets: [-300, -60, -30, -10, -5, -2, -1, 0, 1, 2, 5, 10, 30, 60, 300],
  });
  readonly queueStreams = this.gauge('concert_queue_streams', 'Waiters told by an open event stream');
  readonly queueStreamEvents = this.counter(
    'concert_queue_stream_events_total',
    'Events sent to waiters, by type',
    ['event'],
  );
  readonly queueStreamsDropped = this.counter(
    'concert_queue_streams_dropped_total',
    'Event streams cut because the client did not read',
  );
  readonly checksFromSnapshot = this.counter(
    'concert_queue_checks_from_snapshot_total',
    'Writes let pass by the copy while Redis was away',
  );

  readonly breakerState = this.gauge('concert_breaker_state', '1 for the state that a breaker is in', [
    'breaker',
    'state',
  ]);
  readonly breakerCalls = this.counter('concert_breaker_calls_total', 'Calls by outcome', [
    'breaker',
    'outcome',
  ]);
  readonly cacheReads = this.counter('concert_cache_reads_total', 'Reads of a cached list', [
    'cache',
    'result',
  ]);

  readonly holds = this.counter(
    'concert_seat_holds_total',
    'Holds asked for, by result: held, repeated (the user had it already), refused, limited',
    ['result'],
  );
  readonly holdsExpired = this.counter(
    'concert_seat_holds_expired_total',
    'Passed holds tidied up by the sweeper',
  );
  readonly holdExpiryLag = this.gauge(
    'concert_hold_expiry_lag_seconds',
    'How late the oldest passed hold was tidied up',
  );
  readonly sales = this.counter('concert_ticket_sales_total', 'Seats paid for');
  readonly ticketRevenue = this.counter('concert_ticket_revenue_krw_total', 'Money taken for seats, won');
  readonly topUps = this.counter('concert_balance_topups_total', 'Balance charges');
  readonly idempotentReplays = this.counter(
    'concert_idempotent_replays_total',
    'Requests answered from memory of their key',
  );

  readonly outboxBacklog = this.gauge('concert_outbox_backlog', 'Events committed and not yet delivered');
  readonly outboxAge = this.gauge(
    'concert_outbox_oldest_age_seconds',
    'Age of the oldest event not yet delivered',
  );
  readonly events = this.counter('concert_events_total', 'Events by topic and what became of them', [
    'topic',
    'result',
  ]);

  readonly redisDuration = new LatencyHistogram(
    {
      name: 'concert_redis_command_duration_seconds',
      help: 'Time of the waiting room’s scripts as seen from this process',
      buckets: LATENCY_BUCKETS_S,
    },
    this.registry,
  );

  readonly invariantViolations = this.readings({
    name: 'concert_invariant_violations',
    help: 'Rows known to break an invariant; at most 21 of each kind are counted',
    type: 'gauge',
  });
  readonly invariantChecked = this.readings({
    name: 'concert_invariant_checked_timestamp_seconds',
    help: 'When all invariants were last looked at',
    type: 'gauge',
  });
  readonly invariantCheckDuration = this.readings({
    name: 'concert_invariant_check_duration_seconds',
    help: 'Time that the last look took',
    type: 'gauge',
  });
  readonly invariantUncheckedChunks = this.readings({
    name: 'concert_invariant_unchecked_chunks',
    help: 'Chunks of rows that were too slow to be checked, or whose check failed, and that wait to be tried again',
    type: 'gauge',
  });

  constructor() {
    this.followRequests();
    collectDefaultMetrics({ register: this.registry }); // memory, CPU, GC, event-loop delay, handles
    if (cluster.isWorker) joinScrapes(this.registry);
  }

  /** Numbers that are kept elsewhere. */
  readings(description: Description): Readings {
    return new Readings(description, this.registry);
  }

  /** Connections of the database pool, asked at each scrape. */
  followPool(read: () => { open: number; inUse: number; waiting: number }): void {
    new Gauge({
      ...this.in,
      name: 'concert_database_pool_connections',
      help: 'Database connections open and in use, and requests that wait for one',
      labelNames: ['state'],
      collect() {
        for (const [state, count] of Object.entries(read())) this.set({ state }, count);
      },
    });
  }

  /** Requests being answered, asked at each scrape. */
  private followRequests(): void {
    const inFlight = (): number => this.requestsInFlight;
    new Gauge({
      ...this.in,
      name: 'http_requests_in_flight',
      help: 'Requests being answered',
      collect() {
        this.set(inFlight());
      },
    });
  }

  /** Event-loop utilization over the time since the last scrape. */
  followRuntime(): void {
    let last = performance.eventLoopUtilization();
    new Gauge({
      ...this.in,
      name: 'nodejs_eventloop_utilization',
      help: 'Share of time that the event loop was busy since the last scrape',
      aggregator: 'average',
      collect() {
        const now = performance.eventLoopUtilization();
        this.set(performance.eventLoopUtilization(now, last).utilization);
        last = now;
      },
    });
  }

  private counter<L extends string = never>(name: string, help: string, labelNames: L[] = []): Counter<L> {
    return new Counter({ ...this.in, name, help, labelNames });
  }

  /** `whole`: every process says the same of the whole product, so workers' values are not added up. */
  private gauge<L extends string = never>(
    name: string,
    help: string,
    labelNames: L[] = [],
    scope?: 'whole',
  ): Gauge<L> {
    return new Gauge({ ...this.in, name, help, labelNames, ...(scope && { aggregator: 'max' as const }) });
  }
}
