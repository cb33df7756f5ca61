/** A user's place in a queue, as its token carries it. */
export interface Entry {
  userId: number;
  seq: number;
  gen: number;
  iatMs: number;
}
