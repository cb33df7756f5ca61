/** The controller's constants. docs/adr/0012 says where they come from and what was tried instead. */

/** A user who has been silent for 10 s produces no load, so it does not count toward the window. */
export const INACTIVE_SECONDS = 10;

/** Share of failed requests that counts as a breach, as in the study; measured over at least this many requests. */
export const FAILED_SHARE = 0.01;
export const FAILED_MIN_REQUESTS = 100;
/** With fewer requests, a p99 means nothing. */
export const P99_MIN_REQUESTS = 20;
/** With fewer writes in three seconds, a mean means nothing. */
export const MEAN_MIN_WRITES = 60;

/** Pressure (signal over limit) up to which the limit grows. */
export const TARGET_PRESSURE = 0.5;
/** p99 of the work alone, as a multiple of its mean; and the largest share of the objective it may be taken for. */
export const WORK_P99_FACTOR = 2;
export const MAX_WORK_SHARE = 0.5;

/** Share of the seconds whose load is not taken for that of the users, because it may be that of a stall. */
export const STALLED_SECONDS_SHARE = 0.2;
/** Load (share of the time in which a write waits for others): slow start grows towards TARGET, and stops at LOW. */
export const LOAD_TARGET = 0.9;
export const LOAD_LOW = 0.8;
/** From this load on the limit no longer grows. */
export const LOAD_SATURATION = 0.94;
/** With less load, a breach was not caused by the active users. */
export const LOAD_SIGNIFICANT = 0.5;

/**
 * Users who may come at once while nothing is known of the backend, for each connection of a process. A user uses a
 * connection for some hundredths of a session, so ten load it by a small part, also where its database is a slow one.
 */
export const START_ACTIVE_PER_CONNECTION = 10;
/** The window at most doubles in a step … */
export const MAX_STEP_FACTOR = 2;
/** … and reaches at most this multiple of the users whose load was observed: it may be misjudged, above all at first. */
export const GROWTH_FROM_OBSERVED = { first: 4, later: 6 };
/** With less load and pressure than this the backend is idle: then the window may be HEADROOM_FACTOR times the active … */
export const IDLE = 0.1;
export const HEADROOM_FACTOR = 2;
/** … users, for RECENT_SECONDS after somebody last waited. */
export const RECENT_SECONDS = 10;
/** Slow growth near the objective, as a share of the window per session's length. */
export const SLOW_GROWTH_SHARE = 0.06;

export const DECREASE_FACTOR = 0.95;
/** The first second of a breach may be a stall: it takes no more than a fifth. The next second takes the rest. */
export const BACK_OFF_FACTOR = { first: 0.8, min: 0.5, max: 0.9 };
/** Threshold after a back-off, as a share of the new window. */
export const THRESHOLD_SHARE = 0.95;
/** Growth is fast up to this share of the last breach's window, and ends at the other one, for this many session lengths … */
export const CEILING = { share: 0.9, hold: 0.94, sessions: 20 };
/** … unless the load allows this multiple of that window: then the backend has changed. */
export const CHANGED_FACTOR = 2;
/** Session lengths without a busy second after which the threshold is forgotten. */
export const FORGET_AFTER_SESSIONS = 1;

/** The baseline latency fades upwards, because a backend may have become slower permanently (it doubles in 23 minutes). */
export const BASELINE_GROWTH = 1.0005;
export const SESSION_SECONDS = { min: 4, first: 6, max: 60 };
/** Share of the inactive users who are expected to come back, when the length of a session is estimated. */
export const RETURNING_SHARE = 0.3;
/** Seconds of samples that are kept. */
export const SECONDS_KEPT = 60;
