import { closeSync, openSync, writeSync } from 'node:fs';

export type Act =
  | 'token'
  | 'check'
  | 'seats'
  | 'balance'
  | 'charge'
  | 'reserve'
  | 'pay'
  | 'release'
  | 'extend'
  | 'cancel';

/**
 * `ok`: a 2xx came. `fail`: a 4xx came, nothing was done. `unknown`: no answer or 5xx; it may have been done, now or
 * later.
 */
export type Outcome = 'ok' | 'fail' | 'unknown';

/** One request of a buyer. Times are milliseconds since the run's start, by a clock that never steps. */
export interface Operation {
  id: number;
  act: Act;
  userId: number;
  /** Which API process was asked. */
  api: number;
  /** Idempotency-Key: requests that have the same one are the same wish, sent again. */
  key?: string;
  /** amount, seatId, reservationId: what was asked for. */
  amount?: number;
  seatId?: number;
  reservationId?: number;
  /** Of an order of several seats; `reservationId` is then its first. In the same order. */
  seatIds?: number[];
  reservationIds?: number[];
  startMs: number;
  endMs: number;
  outcome: Outcome;
  /** 0: no answer. */
  status: number;
  /** exception.code, or why there was no answer. */
  code?: string;
  hasRetryAfter?: boolean;
  /** Content of a 2xx: balance, reservationId, status and position, seq of the token. */
  answered?: {
    amount?: number;
    reservationId?: number;
    orderId?: number;
    reservationIds?: number[];
    status?: string;
    position?: number;
    seq?: number;
  };
}

/** Refused because a request with the same key is under way. */
export const isUnderWay = ({ status, code, hasRetryAfter }: Operation): boolean =>
  status === 409 && code === '409' && hasRetryAfter === true;

export type Begun = Omit<Operation, 'id' | 'endMs' | 'outcome' | 'status' | 'startMs'>;
export type Ended = Pick<Operation, 'outcome' | 'status'> &
  Partial<Pick<Operation, 'code' | 'hasRetryAfter' | 'answered'>>;

/** Everything that buyers did and the answers they got; also a line per event in a file, in the manner of Jepsen. */
export class History {
  readonly operations: Operation[] = [];
  readonly startedAtMs = performance.now();
  private readonly file: number | undefined;
  private ids = 0;

  /** @param path of the NDJSON file; without it only in memory */
  constructor(path?: string) {
    this.file = path === undefined ? undefined : openSync(path, 'w');
  }

  get nowMs(): number {
    return performance.now() - this.startedAtMs;
  }

  /** @returns what to call with the end of it */
  begin(begun: Begun): (ended: Ended) => Operation {
    const id = ++this.ids;
    const startMs = this.nowMs;
    this.write({ type: 'invoke', id, atMs: startMs, ...begun });
    return (ended) => {
      const operation: Operation = { id, ...begun, startMs, endMs: this.nowMs, ...ended };
      this.operations.push(operation);
      this.write({ type: ended.outcome, id, atMs: operation.endMs, ...ended, outcome: undefined });
      return operation;
    };
  }

  /** Faults of the nemesis. */
  note(what: string, details: object = {}): void {
    this.write({ type: 'nemesis', atMs: this.nowMs, what, ...details });
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
  }

  private write(line: object): void {
    if (this.file !== undefined) writeSync(this.file, `${JSON.stringify(line)}\n`);
  }
}
