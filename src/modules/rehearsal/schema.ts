/** Settings of a rehearsal. */
export interface RehearsalWanted {
  queueId: string;
  users: number;
  seats: number;
}

/** The stage of a rehearsal: what the load needs to know. */
export interface Stage {
  rehearsalId: number;
  scheduleId: number;
  firstUserId: number;
  users: number;
}

/** How many active users at once were served within the objective. */
export interface FoundCapacity {
  capacity: number;
  /** Users waited for the limit meanwhile, so it is not demand that has ended there. */
  isLimit: boolean;
}
