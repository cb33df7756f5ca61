import { inject, Lifecycle, scoped } from 'tsyringe';
import { monotonicMs } from '../../../common/clock';
import { isRefusal, Unavailable } from '../../../common/errors';
import { PeriodicTask } from '../../../common/periodic-task';
import { CONFIG, type Config } from '../../../config/config';
import type { EventSink } from '../../../http/event-stream';
import { LOGGER, type Logger } from '../../../platform/observability/logger';
import { WaitingRoomMetrics } from '../metrics';
import type { CheckedToken } from '../schema';
import { QueueService } from '../service';
import type { Claims } from '../tokens/token';
import { EVENT_NAMES, eventId, OpenStreams, type Stream } from './stream';

/** Every stream is updated once a round, in slices, so that the writes of many streams do not come at once. */
const SLICES = 10;
const SLICE_MS = 50;
/** Positions are sent at most this often; admission and the other ends as soon as they are seen. */
const POSITION_EVERY_MS = 1000;
const HEARTBEAT_EVERY_MS = 15_000;
/** Clients reconnect at random moments of this span, so that those of a stopped process do not all come at once. */
const RETRY_MS = { min: 2000, spread: 3000 };
/** About 100 events: a client that is so far behind does not read. */
const MAX_UNSENT_BYTES = 16_384;
const MAX_STREAMS_PER_TOKEN = 4;

/** 503: poll instead. */
class StreamsFull extends Unavailable {
  constructor() {
    const retryAfterSeconds = 5 + Math.floor(Math.random() * 10);
    super('This', retryAfterSeconds, 'No more event streams here: poll the token’s check instead.');
  }
}

/**
 * Sends waiting users their positions, so that they need not poll:
 *
 *   open ──▶ position … position ──▶ admitted | done | expired, and the stream ends
 *
 * A stream that ends without one of the last three was cut (slow reader, shutdown). The client reconnects, and as the
 * process keeps nothing of it, the new stream begins with the current position. One task serves all streams from this
 * process' snapshot of the queue. It reads Redis only for what the snapshot does not hold, and no sooner than a poll would.
 */
@scoped(Lifecycle.ContainerScoped)
export class QueueStreams {
  /** 0: there are no streams. */
  readonly max: number;
  private readonly streams = new OpenStreams(MAX_STREAMS_PER_TOKEN);
  private readonly task: PeriodicTask;
  private opened = 0;
  private turn = 0;
  private stopped = false;

  constructor(
    private readonly queue: QueueService,
    private readonly metrics: WaitingRoomMetrics,
    @inject(CONFIG) config: Config,
    @inject(LOGGER) logger: Logger,
  ) {
    this.max = config.QUEUE_MAX_STREAMS;
    const turn = (): Promise<void> => {
      this.updateSlice();
      return Promise.resolve();
    };
    this.task = new PeriodicTask('queue events', SLICE_MS, turn, logger);
  }

  start(): void {
    this.task.start();
  }

  /** Ends every stream: the clients reconnect to another process. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.task.stop();
    for (const { out } of this.streams) {
      if (out.unsentBytes > 0) out.drop();
      else out.end();
    }
  }

  /**
   * Polls for the first position.
   * @returns begins the stream on a response @throws TokenNotIssuedByQueue (001), StreamsFull (503)
   */
  async open(claims: Claims): Promise<(out: EventSink) => void> {
    this.requireCapacity();
    const first = await this.queue.check(claims);
    return (out) => {
      this.requireCapacity(); // other streams may have been opened meanwhile
      if (first.status !== 'WAITING' && out.lastEventId === eventId(first)) out.decline();
      else this.begin(out, claims, first);
    };
  }

  private requireCapacity(): void {
    if (this.stopped || this.streams.size >= this.max) throw new StreamsFull();
  }

  private begin(out: EventSink, claims: Claims, first: CheckedToken): void {
    const slice = this.opened++ % SLICES;
    const nextResolveMs = monotonicMs() + first.pollAfterMs;
    const stream = { out, claims, slice, lastSent: first, sentAtMs: 0, nextHeartbeatMs: 0, nextResolveMs };
    const retryMs = RETRY_MS.min + Math.floor(Math.random() * RETRY_MS.spread);
    const onClose = (): void => {
      this.streams.remove(stream);
      this.metrics.queueStreams.set(this.streams.size);
    };
    if (!out.open(retryMs, onClose)) return;
    this.streams.add(stream);
    this.metrics.queueStreams.set(this.streams.size);
    this.send(stream, first);
  }

  private updateSlice(): void {
    const slice = this.turn++ % SLICES;
    const nowMs = monotonicMs();
    for (const stream of this.streams) if (stream.slice === slice) this.update(stream, nowMs);
  }

  private update(stream: Stream, nowMs: number): void {
    const { out } = stream;
    const isHeartbeatDue = nowMs >= stream.nextHeartbeatMs;
    const isEnded = stream.lastSent.status !== 'WAITING'; // but the client has not closed the connection yet
    if (out.unsentBytes > MAX_UNSENT_BYTES || (isEnded && isHeartbeatDue)) {
      this.metrics.queueStreamsDropped.inc();
      out.drop();
      return;
    }
    if (isEnded) return;
    this.poll(stream, nowMs);
    if (!isHeartbeatDue || nowMs < stream.nextHeartbeatMs) return; // the poll may have sent an event
    stream.nextHeartbeatMs = nowMs + HEARTBEAT_EVERY_MS;
    out.beat();
  }

  /** Polls for the user, who stays present by it, and sends what has changed. */
  private poll(stream: Stream, nowMs: number): void {
    const position = this.queue.poll(stream.claims);
    const isPositionDue = nowMs >= stream.sentAtMs + POSITION_EVERY_MS;
    if (position === undefined) {
      if (isPositionDue && nowMs >= stream.nextResolveMs) void this.resolve(stream);
      return;
    }
    stream.nextResolveMs = 0;
    const hasMoved = position.position !== stream.lastSent.queuePosition;
    if (position.status !== 'WAITING' || (isPositionDue && hasMoved))
      this.send(stream, this.queue.describe(stream.claims, position));
  }

  /** Reads Redis. While Redis is unavailable the stream sends nothing and tries again. */
  private async resolve(stream: Stream): Promise<void> {
    stream.nextResolveMs = Infinity;
    try {
      const checked = await this.queue.check(stream.claims);
      stream.nextResolveMs = monotonicMs() + checked.pollAfterMs;
      const isNew = eventId(checked) !== eventId(stream.lastSent);
      if (stream.lastSent.status === 'WAITING' && isNew) this.send(stream, checked);
    } catch (error) {
      stream.nextResolveMs = monotonicMs() + POSITION_EVERY_MS;
      // The entry does not exist any more: the client reconnects and gets the error.
      if (isRefusal(error)) stream.out.end();
    }
  }

  private send(stream: Stream, checked: CheckedToken): void {
    if (!this.streams.has(stream)) return;
    const event = EVENT_NAMES[checked.status];
    stream.lastSent = checked;
    stream.sentAtMs = monotonicMs();
    stream.nextHeartbeatMs = stream.sentAtMs + HEARTBEAT_EVERY_MS;
    stream.out.send(event, eventId(checked), JSON.stringify(checked));
    this.metrics.queueStreamEvents.inc({ event });
    if (checked.status !== 'WAITING') stream.out.end();
  }
}
