/** What a token says about its place. */
export interface Entry {
  userId: number;
  seq: number;
  gen: number;
  iatMs: number;
}
