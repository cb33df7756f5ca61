import type { EventSink } from '../../../http/event-stream';
import type { CheckedToken, QueueStatus } from '../schema';
import type { Claims } from '../tokens/token';

/** One open stream of a waiting user. Times are this process' monotonic clock. */
export interface Stream {
  readonly out: EventSink;
  readonly claims: Claims;
  readonly slice: number;
  lastSent: CheckedToken;
  sentAtMs: number;
  nextHeartbeatMs: number;
  /** When Redis may be called again; Infinity while a call is under way. */
  nextResolveMs: number;
}

/** The event that tells a status. */
export const EVENT_NAMES: Record<QueueStatus, string> = {
  WAITING: 'position',
  PROGRESS: 'admitted',
  DONE: 'done',
  EXPIRED: 'expired',
};

export const eventId = ({ status, queuePosition }: CheckedToken): string => `${status}-${queuePosition}`;

/** The open streams of a process, all and by token. */
export class OpenStreams {
  private readonly all = new Set<Stream>();
  private readonly byToken = new Map<string, Set<Stream>>(); // by jti

  /** @param maxPerToken one more ends the token's oldest stream: the client has likely lost that connection */
  constructor(private readonly maxPerToken: number) {}

  get size(): number {
    return this.all.size;
  }

  [Symbol.iterator](): IterableIterator<Stream> {
    return this.all.values();
  }

  has(stream: Stream): boolean {
    return this.all.has(stream);
  }

  add(stream: Stream): void {
    this.all.add(stream);
    const ofToken = this.byToken.get(stream.claims.jti) ?? new Set();
    this.byToken.set(stream.claims.jti, ofToken.add(stream));
    const [oldest] = ofToken;
    if (ofToken.size > this.maxPerToken) oldest?.out.drop();
  }

  remove(stream: Stream): void {
    this.all.delete(stream);
    const ofToken = this.byToken.get(stream.claims.jti);
    ofToken?.delete(stream);
    if (ofToken?.size === 0) this.byToken.delete(stream.claims.jti);
  }
}
