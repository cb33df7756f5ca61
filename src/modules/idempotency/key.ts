/** An Idempotency-Key of one user, with the SHA-256 of the request that it was sent with. */
export interface RequestKey {
  userId: number;
  id: string;
  fingerprint: Buffer;
}
