import { inject, Lifecycle, scoped } from 'tsyringe';
import { isRefusal, Unavailable } from '../../common/errors';
import { PeriodicTask } from '../../common/periodic-task';
import type { EventSink } from '../../http/event-stream';
import { LOGGER, type Logger } from '../../platform/observability/logger';
import { LiveService } from './service';

const EVERY_MS = 1000;
/** Of one process. */
export const MOST_STREAMS = 32;
const RETRY_MS = 2000;
/** A reader that is so far behind does not read. */
const MAX_UNSENT_BYTES = 1_048_576;
/** How often a stream checks that its operator key is still valid, seconds. */
const CHECK_EVERY = 30;

class TooManyStreams extends Unavailable {
  constructor() {
    super('This', 5, `${MOST_STREAMS} operators look at this process already: close one of the pages.`);
  }
}

interface LiveStream {
  out: EventSink;
  /** Rejects when the operator may not look any more. */
  check: () => Promise<unknown>;
  seconds: number;
}

/**
 * The operator's page, live: `history` once, then a `report` a second, made once for all who look. Reports are also what
 * keeps the connection alive. While nobody looks, nothing but the curves goes on.
 */
@scoped(Lifecycle.ContainerScoped)
export class LiveStreams {
  private readonly streams = new Set<LiveStream>();
  private readonly tasks: PeriodicTask[];
  private sent = 0;
  private isStopped = false;

  constructor(
    private readonly live: LiveService,
    @inject(LOGGER) logger: Logger,
  ) {
    const whileWatched = (turn: () => Promise<void>) => async (): Promise<void> => {
      if (this.streams.size > 0) await turn();
    };
    this.tasks = [
      new PeriodicTask(
        'live view',
        EVERY_MS,
        whileWatched(() => this.live.refresh()),
        logger,
      ),
      new PeriodicTask(
        'live view of stores',
        EVERY_MS,
        whileWatched(() => this.live.probe()),
        logger,
      ),
      new PeriodicTask('live reports', EVERY_MS, () => this.turn(), logger),
    ];
  }

  start(): void {
    for (const task of this.tasks) task.start();
  }

  /** Ends every stream: the pages come back to another process. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.tasks.map((task) => task.stop()));
    for (const { out } of this.streams) out.end();
  }

  /** Whether one more may look. @throws Unavailable (503) */
  requireCapacity(): void {
    if (this.isStopped || this.streams.size >= MOST_STREAMS) throw new TooManyStreams();
  }

  /** @param check rejects when the operator may not look any more */
  begin(out: EventSink, check: LiveStream['check']): void {
    this.requireCapacity();
    const stream = { out, check, seconds: 0 };
    if (!out.open(RETRY_MS, () => this.streams.delete(stream))) return;
    this.streams.add(stream);
    out.send('history', String(this.sent), JSON.stringify({ points: this.live.history }));
    out.send('report', String(this.sent), JSON.stringify(this.live.report()));
  }

  private turn(): Promise<void> {
    this.live.remember();
    if (this.streams.size === 0) return Promise.resolve();
    const report = JSON.stringify(this.live.report());
    const id = String(++this.sent);
    for (const stream of this.streams) this.send(stream, id, report);
    return Promise.resolve();
  }

  private send(stream: LiveStream, id: string, report: string): void {
    if (stream.out.unsentBytes > MAX_UNSENT_BYTES) {
      stream.out.drop();
      return;
    }
    stream.out.send('report', id, report);
    if (++stream.seconds % CHECK_EVERY === 0)
      stream.check().catch((error: unknown) => {
        if (isRefusal(error)) stream.out.end(); // a key that cannot be looked up now may look on
      });
  }
}
