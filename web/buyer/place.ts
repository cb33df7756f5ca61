import { signal } from '@preact/signals';
import { drop, keep, readKept } from '../shared/kept';

const NAME = 'concert.place';

/** State of a user; `rejoined`: the turn came while the user was absent. */
export type Phase = 'waiting' | 'rejoined' | 'active' | 'done' | 'expired';

/** A place in the line, as this browser keeps it: it outlives reloads, tabs and sleep. */
export interface Place {
  token: string;
  userId: number;
  phase: Phase;
  /** The number in the order, if a draw has given it another one than the token says. */
  seq?: number;
  /** The first position that was seen, and the best since: a position never goes back. */
  firstPosition?: number;
  position?: number;
}

/** Claims of a queue token that the page reads. */
export interface Claims {
  userId: number;
  queueId: string;
  seq: number;
  gen: number;
  iatMs: number;
}

export const place = signal<Place | undefined>(readKept(NAME) as Place | undefined);

export function setPlace(next: Place | undefined): void {
  place.value = next;
  if (next === undefined) drop(NAME);
  else keep(NAME, next);
}

export function movePhase(phase: Phase): void {
  const now = place.value;
  if (now !== undefined && now.phase !== phase) setPlace({ ...now, phase });
}

/** Another tab has changed it. */
window.addEventListener('storage', ({ key }) => {
  if (key === NAME || key === null) place.value = readKept(NAME) as Place | undefined;
});

export function claimsOf(token: string): Claims | undefined {
  try {
    const [, payload = ''] = token.split('.');
    return JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as Claims;
  } catch {
    return undefined;
  }
}

/** The claims of a place, with its number in the order. */
export function entryOf(now: Place | undefined): Claims | undefined {
  const claims = now && claimsOf(now.token);
  return claims && { ...claims, seq: now.seq ?? claims.seq };
}

/** Headers of a request in the name of the place. */
export const authorized = (token: string): { headers: { Authorization: string } } => ({
  headers: { Authorization: token },
});
