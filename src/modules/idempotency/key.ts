/** An Idempotency-Key of one user, with the SHA-256 of what was asked under it. */
export interface RequestKey {
  userId: number;
  id: string;
  fingerprint: Buffer;
}
