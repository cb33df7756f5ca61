/**
 * The only builder of the waiting room's key names. The queue id is the hash tag: all keys of one queue lie in one
 * slot of a Redis Cluster, so scripts may touch several of them, and queues spread over the nodes.
 *
 * | key | what | gone with |
 * |---|---|---|
 * | `state` | hash: issued, serving, gen, admitted, … | owned by the queue, stays |
 * | `active`, `idle`, `returned` | sorted sets by seq | their members leave by the scripts |
 * | `user:<id>` | the user's live place | TTL: a token's life |
 * | `present:<period>:<segment>` | bit per seq | TTL: three periods |
 * | `done:<segment>`, `expired:<segment>` | bit per seq | TTL: a token's life |
 * | `arrivals` | samples of (seq, time) | TTL: a token's life |
 */
export function queueKeys(queueId: string): {
  prefix: string;
  place: string[];
  user(userId: number): string;
} {
  const prefix = `q:{${queueId}}:`;
  return {
    prefix,
    place: [`${prefix}state`, `${prefix}active`, `${prefix}idle`, `${prefix}returned`],
    user: (userId) => `${prefix}user:${userId}`,
  };
}
