declare module 'kafkajs/src/network/requestQueue' {
  /** The part of kafkajs 2.2.4 that ./load.ts mends. */
  class RequestQueue {
    pending: unknown[];
    throttledUntil: number;
    scheduleCheckPendingRequests(): void;
  }
  export = RequestQueue;
}
