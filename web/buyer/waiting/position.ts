/** The part of a queue's status from which a position is computed. */
export interface Ranked {
  headSeq: number;
  issued: number;
  rejoined: number;
  exact: string;
  counts: number[];
}

/** The same rule as in the service (src/modules/waiting-room/status/ranks.ts). */
const EXACT_ENTRIES = 4096;
const POINT_FACTOR = 1.02;

/**
 * The position of an entry: 1 + present entries ahead. Exact for the next 4,096 entries; beyond, those of a step of 2 %
 * are taken to be spread evenly. Undefined for an entry that has had its turn.
 */
export function positionOf(seq: number, ranked: Ranked): number | undefined {
  const distance = seq - ranked.headSeq;
  if (distance <= 0) return undefined;
  const ahead = distance - 1;
  const exact = presentAmong(ranked.exact, Math.min(ahead, EXACT_ENTRIES));
  return 1 + ranked.rejoined + exact + beyond(ahead, ranked);
}

/** How many of the first `count` bits are set. */
function presentAmong(base64: string, count: number): number {
  const bytes = atob(base64);
  let present = 0;
  for (let i = 0; i < count; i++) if ((bytes.charCodeAt(i >>> 3) & (0x80 >>> (i & 7))) !== 0) present++; // NaN beyond the end: absent
  return present;
}

function beyond(ahead: number, { headSeq, issued, counts }: Ranked): number {
  const last = issued - headSeq;
  let present = 0;
  let from = EXACT_ENTRIES;
  for (const count of counts) {
    if (ahead <= from) break;
    const to = Math.min(last, Math.ceil(from * POINT_FACTOR));
    present += ahead >= to ? count : (count * (ahead - from)) / (to - from);
    from = to;
  }
  return Math.round(present);
}
