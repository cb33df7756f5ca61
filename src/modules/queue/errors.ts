import { ApiError } from '../../errors';
import type { QueueStatus } from './schema';

/** 001: a genuine token, but this queue never gave it out (another installation's, or of a queue that is gone). */
export class NeverQueued extends ApiError {
  constructor() {
    super('001', 403, 'This token never came through the queue: ask for a new one.');
  }
}

/** 003: the token waits, has paid, or has expired; only a token in PROGRESS may go on. */
export class TokenNotActive extends ApiError {
  constructor(readonly queueStatus: QueueStatus) {
    super('003', 403, `The queue token is not active: its status is ${queueStatus}.`);
  }
}
