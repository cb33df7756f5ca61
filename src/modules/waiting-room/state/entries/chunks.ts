/** Seqs or sessions sent in one call: neither JavaScript nor Redis takes any number of arguments. */
export const ENTRIES_PER_CALL = 1000;
/** 8 kB each. */
export const BITMAPS_PER_CALL = 16;

/** The list in chunks of at most `size`. */
export function chunksOf<T>(list: T[], size: number): T[][] {
  const chunks = [];
  for (let from = 0; from < list.length; from += size) chunks.push(list.slice(from, from + size));
  return chunks;
}
/** Most admissions in one script call: about 10 ms of Redis' time. */
export const MAX_ADMISSIONS_PER_CALL = 1000;
