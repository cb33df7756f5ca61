import RequestQueue from 'kafkajs/src/network/requestQueue';

/* oxlint-disable typescript/unbound-method -- called with its own `this` below */
const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;

let mended = false;

/**
 * kafkajs 2.2.4 looks for requests to send every millisecond on every connection without end, also when none waits:
 * 4–5 % of a core per connection, and a TimeoutNegativeWarning on Node 24. Here it looks only when one waits; a
 * request that has to wait calls this again (`push`), and so does every response.
 */
export function patchIdleTimers(): void {
  if (mended) return;
  mended = true;
  RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}
