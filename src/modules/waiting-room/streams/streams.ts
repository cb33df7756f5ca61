import { inject, Lifecycle, scoped } from 'tsyringe';
import { monotonicMs } from '../../../common/clock';
import { CONFIG, type Config } from '../../../config/config';
import { ApiError } from '../../../common/errors';
import type { EventSink } from '../../../http/event-stream';
import { LOGGER, type Logger } from '../../../platform/observability/logger';
import { PeriodicTask } from '../../../common/periodic-task';
import { WaitingRoomMetrics } from '../metrics';
import type { CheckedToken, QueueStatus } from '../schema';
import { QueueService } from '../service';
import type { Claims } from '../tokens/token';

/** Every stream is looked at once a round: a slice of them each turn, so that a crowd's writes do not come at once. */
const SLICES = 10;
const SLICE_MS = 50;
/** Positions are told at most this often; admission and the other ends as soon as they are seen. */
const POSITION_EVERY_MS = 1000;
const BEAT_EVERY_MS = 15_000;
/** A client comes back at some moment of this span: those of a process that ends do not come back as one crowd. */
const RETRY_MS = { least: 2000, spread: 3000 };
/** About 100 events: whoever is so far behind does not read. */
const MOST_UNSENT_BYTES = 16_384;
/** Streams of one place; one more ends its oldest, which is likely a connection that the client has lost. */
const MOST_PER_PLACE = 4;

const EVENT: Record<QueueStatus, string> = {
  WAITING: 'position',
  PROGRESS: 'admitted',
  DONE: 'done',
  EXPIRED: 'expired',
};

interface Stream {
  readonly out: EventSink;
  readonly claims: Claims;
  readonly slice: number;
  said: CheckedToken;
  saidAtMs: number;
  beatAtMs: number;
  /** When the store may be asked again; Infinity while it is being asked. */
  settleAtMs: number;
}

const idOf = ({ status, queuePosition }: CheckedToken): string => `${status}-${queuePosition}`;

/** 503: poll instead. */
class StreamsFull extends ApiError {
  constructor() {
    const retryAfterSeconds = 5 + Math.floor(Math.random() * 10);
    super('503', 503, 'No more event streams here: poll the token’s check instead.', retryAfterSeconds);
  }
}

/**
 * Waiters who are told instead of asking:
 *
 *   open ──▶ position … position ──▶ admitted | done | expired, and the stream ends
 *
 * A stream that ends without one of the last three was cut (slow reader, shutdown): the client comes back, and since
 * nothing is remembered of it, its new stream begins with the current position. One loop serves all streams from this
 * process' copy of the queue; the store is asked only for what the copy cannot tell, and no sooner than a poll would.
 */
@scoped(Lifecycle.ContainerScoped)
export class QueueStreams {
  /** 0: there are no streams. */
  readonly max: number;
  private readonly streams = new Set<Stream>();
  private readonly places = new Map<string, Set<Stream>>(); // by jti
  private readonly loop: PeriodicTask;
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
    this.loop = new PeriodicTask('queue events', SLICE_MS, turn, logger);
  }

  start(): void {
    this.loop.start();
  }

  /** Ends every stream: their clients come back to another process. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.loop.stop();
    for (const { out } of this.streams) {
      if (out.unsentBytes > 0) out.drop();
      else out.end();
    }
  }

  /** Looks where the token stands; the rest begins its stream. @throws NeverQueued (001), StreamsFull (503) */
  async open(claims: Claims): Promise<(out: EventSink) => void> {
    this.demandRoom();
    const first = await this.queue.check(claims);
    return (out) => {
      this.demandRoom(); // others have come meanwhile
      if (first.status !== 'WAITING' && out.lastEventId === idOf(first)) out.decline();
      else this.begin(out, claims, first);
    };
  }

  private demandRoom(): void {
    if (this.stopped || this.streams.size >= this.max) throw new StreamsFull();
  }

  private begin(out: EventSink, claims: Claims, first: CheckedToken): void {
    const slice = this.opened++ % SLICES;
    const settleAtMs = monotonicMs() + first.pollAfterMs;
    const stream = { out, claims, slice, said: first, saidAtMs: 0, beatAtMs: 0, settleAtMs };
    const retryMs = RETRY_MS.least + Math.floor(Math.random() * RETRY_MS.spread);
    if (!out.open(retryMs, () => this.forget(stream))) return;
    this.remember(stream);
    this.send(stream, first);
  }

  private remember(stream: Stream): void {
    this.streams.add(stream);
    this.metrics.queueStreams.set(this.streams.size);
    const ofPlace = this.places.get(stream.claims.jti) ?? new Set();
    this.places.set(stream.claims.jti, ofPlace.add(stream));
    const [oldest] = ofPlace;
    if (ofPlace.size > MOST_PER_PLACE) oldest?.out.drop();
  }

  private forget(stream: Stream): void {
    this.streams.delete(stream);
    this.metrics.queueStreams.set(this.streams.size);
    const ofPlace = this.places.get(stream.claims.jti);
    ofPlace?.delete(stream);
    if (ofPlace?.size === 0) this.places.delete(stream.claims.jti);
  }

  private updateSlice(): void {
    const slice = this.turn++ % SLICES;
    const nowMs = monotonicMs();
    for (const stream of this.streams) if (stream.slice === slice) this.update(stream, nowMs);
  }

  private update(stream: Stream, nowMs: number): void {
    const { out } = stream;
    const isPastBeat = nowMs >= stream.beatAtMs;
    const isEnded = stream.said.status !== 'WAITING'; // but the client has not taken the end yet
    if (out.unsentBytes > MOST_UNSENT_BYTES || (isEnded && isPastBeat)) {
      this.metrics.queueStreamsDropped.inc();
      out.drop();
      return;
    }
    if (isEnded) return;
    this.pollFromSnapshot(stream, nowMs);
    if (!isPastBeat || nowMs < stream.beatAtMs) return;
    stream.beatAtMs = nowMs + BEAT_EVERY_MS;
    out.beat();
  }

  /** Looking keeps the waiter present, as a poll does. */
  private pollFromSnapshot(stream: Stream, nowMs: number): void {
    const standing = this.queue.pollFromSnapshot(stream.claims);
    const isPositionDue = nowMs >= stream.saidAtMs + POSITION_EVERY_MS;
    if (standing === undefined) {
      if (isPositionDue && nowMs >= stream.settleAtMs) void this.resolve(stream);
      return;
    }
    stream.settleAtMs = 0;
    const { status, position } = standing;
    const isNews = status !== 'WAITING' || (isPositionDue && position !== stream.said.queuePosition);
    if (isNews) this.send(stream, this.queue.describe(stream.claims, standing));
  }

  /** Asks the store; while it is away the stream is silent and goes on asking. */
  private async resolve(stream: Stream): Promise<void> {
    stream.settleAtMs = Infinity;
    try {
      const found = await this.queue.check(stream.claims);
      stream.settleAtMs = monotonicMs() + found.pollAfterMs;
      if (stream.said.status === 'WAITING' && idOf(found) !== idOf(stream.said)) this.send(stream, found);
    } catch (error) {
      stream.settleAtMs = monotonicMs() + POSITION_EVERY_MS;
      // No such place any more: the client comes back and is told so.
      if (error instanceof ApiError && error.status < 500) stream.out.end();
    }
  }

  private send(stream: Stream, what: CheckedToken): void {
    if (!this.streams.has(stream)) return;
    const event = EVENT[what.status];
    stream.said = what;
    stream.saidAtMs = monotonicMs();
    stream.beatAtMs = stream.saidAtMs + BEAT_EVERY_MS;
    stream.out.send(event, idOf(what), JSON.stringify(what));
    this.metrics.queueStreamEvents.inc({ event });
    if (what.status !== 'WAITING') stream.out.end();
  }
}
