/** Users a hash of live places holds: small enough for Redis to keep it as a packed list, a tenth of a key each. */
const USERS_PER_BUCKET = 100;

/**
 * The only builder of the waiting room's key names. The queue id is the hash tag: all keys of one queue lie in one
 * slot of a Redis Cluster, so scripts may touch several of them, and queues spread over the nodes.
 *
 * | key | what | gone with |
 * |---|---|---|
 * | `state` | hash: issued, serving, gen, admitted, epoch, version, …; `has:<key>`: until when a key must be there | owned by the queue, stays |
 * | `active`, `idle`, `returned` | sorted sets by seq | their members leave by the scripts |
 * | `log`, `changed` | sorted sets by version: what copies have to learn | trimmed by the tick |
 * | `users:<bucket>` | hash: user → its live place | TTL: a token's life |
 * | `present:<epoch>:<segment>` | bit per seq | the next epoch but two; TTL: a token's life |
 * | `done:<segment>`, `expired:<segment>` | bit per seq | TTL: a token's life |
 * | `idled`, `extended` | sorted sets: seq → the deadline of the session of one who idled out; the session's own before a hold prolonged it | the session; TTL: a token's life |
 * | `holding` | sorted set: seq → until when a hold under way keeps the session open | trimmed by the tick; TTL: a token's life |
 * | `spent:<proof>`, `proof:<proof>` | a proof of work has given an entry; in which queue (of the main queue alone) | TTL: a challenge's life |
 * | `reports` | hash: process → what it has seen in the last second | TTL: 30 s |
 * | `arrivals` | samples of (seq, time) | TTL: a token's life |
 */
export function queueKeys(queueId: string): {
  prefix: string;
  place: string[];
  users(userId: number): string;
  proof(id: string): string;
} {
  const prefix = `queue:{${queueId}}:`;
  return {
    prefix,
    place: [`${prefix}state`, `${prefix}active`, `${prefix}idle`, `${prefix}rejoined`],
    users: (userId) => `${prefix}users:${Math.floor(userId / USERS_PER_BUCKET)}`,
    proof: (id) => `${prefix}proof:${id}`,
  };
}
