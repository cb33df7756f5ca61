/** What a token says about its place. */
export interface Place {
  userId: number;
  seq: number;
  gen: number;
  iatMs: number;
}
