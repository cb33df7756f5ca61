/** A session as the database knows it: rows of payments and holds carry the session that made them. */
export interface SessionId {
  queueId: string;
  gen: number;
  seq: number;
}

/** The active user who sent a request. */
export interface ActiveUser extends SessionId {
  userId: number;
}
