import type kafkajs from 'kafkajs';
import type RequestQueue from 'kafkajs/src/network/requestQueue';

/* oxlint-disable typescript/no-require-imports -- a client is made at once, when it is first needed */
/* oxlint-disable typescript/unbound-method -- called with its own `this` below */

let loaded: typeof kafkajs | undefined;

/** Its 144 files are loaded when a client is first made: a process that delivers no events needs none of them. */
export function loadKafkajs(): typeof kafkajs {
  if (loaded === undefined) {
    patchIdleTimers();
    loaded = require('kafkajs') as typeof kafkajs;
  }
  return loaded;
}

/**
 * kafkajs 2.2.4 looks for requests to send every millisecond on every connection without end, also when none waits:
 * 4–5 % of a core per connection, and a TimeoutNegativeWarning on Node 24. Here it looks only when one waits; a
 * request that has to wait calls this again (`push`), and so does every response.
 */
function patchIdleTimers(): void {
  const { prototype } = require('kafkajs/src/network/requestQueue') as typeof RequestQueue;
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}
