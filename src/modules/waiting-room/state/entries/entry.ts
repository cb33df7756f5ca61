/** What a user has in a queue, as the token carries it. */
export interface Entry {
  userId: number;
  seq: number;
  gen: number;
  iatMs: number;
}
