import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../../platform/observability/metrics';

const WAIT_BUCKETS_S = [0.25, 1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200];
const ETA_ERROR_BUCKETS_S = [-300, -60, -30, -10, -5, -2, -1, 0, 1, 2, 5, 10, 30, 60, 300];
const BATCH_SIZE_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 100];

/** What the queues export. Limits and occupancy come from Redis, so every process reports the same. */
@scoped(Lifecycle.ContainerScoped)
export class WaitingRoomMetrics extends MetricGroup {
  readonly queueIssued = this.counter('concert_queue_tokens_issued_total', 'Token requests answered', [
    'status',
  ]);
  readonly queueWaiting = this.sharedGauge('concert_queue_waiting', 'Present waiting users', ['queue']);
  readonly queueActive = this.sharedGauge('concert_queue_active', 'Active users', ['queue']);
  readonly queueActiveLimit = this.sharedGauge('concert_queue_active_limit', 'Most active users', ['queue']);
  readonly queueAdmissionRateLimit = this.sharedGauge(
    'concert_queue_admission_rate_limit',
    'Most admissions a second, where there is a limit',
    ['queue'],
  );
  readonly rehearsedCapacity = this.sharedGauge(
    'concert_queue_rehearsed_capacity',
    'Active users at once that the last rehearsal has found to be served within the objective; 0: none is known',
  );
  readonly queuePaused = this.sharedGauge(
    'concert_queue_paused',
    '1 while the operator has paused admission',
    ['queue'],
  );
  readonly queueNotOpen = this.sharedGauge(
    'concert_queue_not_open',
    '1 until the queue opens and, in a draw, until its order is drawn',
    ['queue'],
  );
  readonly queueLimitSource = this.sharedGauge(
    'concert_queue_limit_source',
    '1 for what sets the admission limit',
    ['queue', 'source'],
  );
  readonly queueControllerAction = this.sharedGauge(
    'concert_queue_controller_action',
    '1 for the controller’s last decision',
    ['queue', 'action'],
  );
  readonly queueControllerBottleneck = this.sharedGauge(
    'concert_queue_controller_bottleneck',
    '1 for the signal that is closest to its limit',
    ['queue', 'signal'],
  );
  readonly queueOperatorCommands = this.counter(
    'concert_queue_operator_commands_total',
    'Commands of the operator on admission',
    ['queue', 'command'],
  );
  readonly queueAdmitted = this.counter('concert_queue_admissions_total', 'Users admitted by this process', [
    'queue',
  ]);
  readonly queueSessionsEnded = this.counter(
    'concert_queue_sessions_ended_total',
    'Sessions that have ended, by reason',
    ['queue', 'reason'],
  );
  readonly drawRegistrants = this.counter(
    'concert_queue_draw_registrants_total',
    'Entries that were written down for a draw',
    ['queue'],
  );
  readonly draws = this.counter('concert_queue_draws_total', 'Orders that were drawn', ['queue']);
  readonly queueStateRestores = this.counter(
    'concert_queue_state_restores_total',
    'Times the state was lost and restored',
    ['queue'],
  );
  readonly queueWait = this.histogram(
    'concert_queue_wait_seconds',
    'Time from token to admission (resolution 0.25 s)',
    ['queue'],
    WAIT_BUCKETS_S,
  );
  readonly queueEtaError = this.histogram(
    'concert_queue_eta_error_seconds',
    'Calibration of etaSeconds: real minus predicted wait',
    ['queue'],
    ETA_ERROR_BUCKETS_S,
  );
  readonly queueStreams = this.gauge('concert_queue_streams', 'Open streams of waiting users');
  readonly queueStreamEvents = this.counter(
    'concert_queue_stream_events_total',
    'Events sent to waiting users, by type',
    ['event'],
  );
  readonly queueStreamsDropped = this.counter(
    'concert_queue_streams_dropped_total',
    'Streams ended because the client did not read',
  );
  readonly checksFromSnapshot = this.counter(
    'concert_queue_checks_from_snapshot_total',
    'Writes of active users that the snapshot allowed while Redis was unavailable',
  );
  readonly batchSize = this.histogram(
    'concert_queue_batch_size',
    'Entries that one script call has issued or resolved, or whose sessions it has ended or prolonged',
    ['script'],
    BATCH_SIZE_BUCKETS,
  );
  readonly redisDuration = this.latency(
    'concert_redis_command_duration_seconds',
    'Time of the waiting room’s scripts as seen from this process',
  );
}
