export interface QueueKeys {
  prefix: string;
  state: string;
  active: string;
  idle: string;
  rejoined: string;
  board: string;
  sale: string;
  /** Leaves of the transparency log that are not durable yet. */
  leaves: string;
  processes: string;
  sold: string;
  watched: string;
  /** KEYS 1 to 4 of every script: state, active, idle, rejoined. */
  scriptKeys: string[];
  /** Entries that take part in a draw and are not written down yet. */
  entrants: string;
  proof(id: string): string;
  expired(segmentId: number): string;
}

/**
 * The only builder of the waiting room's key names. The queue id is the hash tag: all keys of one queue lie in one
 * slot of a Redis Cluster, so a script may use several of them, and queues spread over the nodes.
 *
 * | key | type | gone with |
 * |---|---|---|
 * | `state` | hash; its fields: head of lua/include/common.lua | stays |
 * | `active`, `idle`, `rejoined` | sorted sets by seq | removed by the scripts |
 * | `log`, `changed` | sorted sets by version: what snapshots must learn | trimmed by the admission script |
 * | `users:<bucket>` | hash: user → its live entry (lua/include/users.lua) | TTL: life of a token |
 * | `present:<epoch>:<segment>` | bit per seq | the third epoch after it; TTL: life of a token |
 * | `done:<segment>`, `expired:<segment>` | bit per seq | TTL: life of a token |
 * | `idled` | sorted set: seq → deadline of the session of a user who idled out | the session; TTL: life of a token |
 * | `extended` | sorted set: seq → the session's deadline before a hold prolonged it | the session; TTL: life of a token |
 * | `holding` | sorted set: seq → until when a hold that is being made keeps the session open | trimmed by the admission script; TTL: life of a token |
 * | `spent:<proof>` | the user whose entry the proof has given | TTL: life of the proof |
 * | `proof:<proof>` | the queue in which the proof is spent (only in the main queue) | TTL: life of the proof |
 * | `reports` | hash: process → what it has seen in the last second | TTL: 30 s |
 * | `board` | hash: `notice` of the operator (status/board-store.ts) | stays; a process that knows it writes it again after a loss |
 * | `sale` | JSON: how the sale stands and what is left (status/board-store.ts) | TTL: a day |
 * | `leaves` | list: leaves of the transparency log (lua/include/leaves.lua) | trimmed when a worker has made them durable |
 * | `entrants` | list of `user:seq:gen:iat`: who takes part in the draw ahead, until the worker has written it down | TTL: life of a token |
 * | `processes` | hash: process → how it is (only in the main queue; live/processes/store.ts) | TTL: 1 min |
 * | `sold` | JSON: what was sold, by minute and class (only in the main queue; live/sales/store.ts) | TTL: 1 h |
 * | `watched` | somebody looks at the operator's page (only in the main queue) | TTL: 10 s |
 * | `arrivals` | samples of (seq, time) | TTL: life of a token |
 */
export function queueKeys(queueId: string): QueueKeys {
  const prefix = `queue:{${queueId}}:`;
  const [state, active, idle, rejoined] = [
    `${prefix}state`,
    `${prefix}active`,
    `${prefix}idle`,
    `${prefix}rejoined`,
  ];
  return {
    prefix,
    state,
    active,
    idle,
    rejoined,
    board: `${prefix}board`,
    sale: `${prefix}sale`,
    leaves: `${prefix}leaves`,
    entrants: `${prefix}entrants`,
    processes: `${prefix}processes`,
    sold: `${prefix}sold`,
    watched: `${prefix}watched`,
    scriptKeys: [state, active, idle, rejoined],
    proof: (id) => `${prefix}proof:${id}`,
    expired: (segmentId) => `${prefix}expired:${segmentId}`,
  };
}
