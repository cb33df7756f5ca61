/** Seqs or leases of one call: a long list goes in pieces, as neither JavaScript nor Redis takes any number of arguments. */
export const ENTRIES_A_CALL = 1000;
/** 8 kB each. */
export const BITMAPS_A_CALL = 16;

/** The list in pieces of at most `size`. */
export function chunksOf<T>(list: T[], size: number): T[][] {
  const all = [];
  for (let from = 0; from < list.length; from += size) all.push(list.slice(from, from + size));
  return all;
}
