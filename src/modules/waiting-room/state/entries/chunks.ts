/** Seqs or sessions sent in one call: neither JavaScript nor Redis takes any number of arguments. */
export const ENTRIES_PER_CALL = 1000;
/** 8 kB each. */
export const BITMAPS_PER_CALL = 16;
/** Most admissions in one script call: about 10 ms of Redis' time. */
export const MAX_ADMISSIONS_PER_CALL = 1000;
