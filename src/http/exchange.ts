import { monotonicMs } from '../common/clock';
import type { Span } from '../platform/observability/traces/span';

/** One request and its answer, as middleware sees it. */
export class Exchange {
  /** Monotonic; the moment from which the request is in flight. */
  startedAtMs = monotonicMs();
  /** Refused early, since it could not have been done in time. */
  isShed = false;
  /** Load shedding has accepted it, and counts it until it is answered. */
  isAccepted = false;
  /** The answer is that of an earlier request with the same Idempotency-Key. */
  isReplay = false;
  /** Of a request that is traced. */
  span: Span | undefined;
  /** Sent with the answer, a success or an error: name, value, name, value, … */
  readonly headers: string[];
  private isClosing = false;
  private isInFlight = true;
  private status: number | undefined;
  private readonly callbacks: ((status: number) => void)[] = [];

  constructor(
    readonly requestId: string,
    private readonly load: { requestsInFlight: number },
  ) {
    this.headers = ['X-Request-Id', requestId];
    load.requestsInFlight++;
  }

  /** Tells the client that the connection ends with this answer. */
  closeConnection(): void {
    if (!this.isClosing) this.headers.push('Connection', 'close');
    this.isClosing = true;
  }

  /**
   * A request is in flight, and timed, when it has arrived as a whole: otherwise clients that send slowly would look
   * like a service that works slowly.
   */
  receiving(): void {
    this.isInFlight = false;
    this.load.requestsInFlight--;
  }

  received(): void {
    this.isInFlight = true;
    this.load.requestsInFlight++;
    this.startedAtMs = monotonicMs();
  }

  /**
   * Calls back when the answer has been given, which is when the work has ended. The client may have gone before:
   * the response's 'close' reports that, so a limit that counted work by 'close' could be bypassed by disconnecting.
   */
  onAnswered(callback: (status: number) => void): void {
    if (this.status !== undefined) callback(this.status);
    else this.callbacks.push(callback);
  }

  answered(status: number): void {
    if (this.status !== undefined) return;
    this.status = status;
    if (this.isInFlight) this.load.requestsInFlight--;
    for (const callback of this.callbacks) callback(status);
  }
}
