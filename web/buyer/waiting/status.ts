import { signal } from '@preact/signals';
import type { QueueStatus } from '../../shared/api/types';
import { api, ask, limited } from '../../shared/api/client';
import { learnTime } from '../../shared/clock';
import { keep, readKept } from '../../shared/kept';
import { entryOf, place, setPlace } from '../place';
import { positionOf } from './position';

export type Status = QueueStatus;

/** A status, and when it came (this device's clock). */
export interface Heard {
  status: Status;
  atMs: number;
}

const NAME = 'concert.status';

/** The last status that was heard, also by another tab or before a reload. */
export const heard = signal<Heard | undefined>(readKept(NAME) as Heard | undefined);
/** The last attempt to reach the service has failed. */
export const isLost = signal(false);

/** Reads the status of a queue. @returns whether it came */
export async function readStatus(queueId: string): Promise<boolean> {
  // The browser's cache would show the last status once more while it fetches the next one.
  const fresh = { params: { path: { queueId } }, cache: 'no-store' as const, ...limited() };
  const answer = await ask(api.GET('/v1/api/queues/{queueId}/status', fresh));
  isLost.value = !answer.ok && answer.code !== '404';
  if (answer.ok) takeStatus({ status: answer.data, atMs: Date.now() });
  return answer.ok;
}

export function takeStatus(next: Heard): void {
  const beforeMs = heard.value?.atMs ?? 0;
  // One from the future was heard before the device's clock was set back.
  if (beforeMs > next.atMs && beforeMs <= Date.now()) return;
  learnTime(next.status.nowMs, next.atMs);
  heard.value = next;
  isLost.value = false;
  keep(NAME, next);
  advance(next.status);
}

/** A position never goes back, whatever happens to the line. */
function advance(status: Status): void {
  const now = place.value;
  const claims = entryOf(now);
  if (now?.phase !== 'waiting' || claims?.queueId !== status.queueId) return;
  if (claims.gen < status.firstGeneration || claims.seq > status.issued) return;
  const seen = positionOf(claims.seq, status);
  if (seen === undefined) return;
  const position = Math.min(now.position ?? seen, seen);
  if (position !== now.position) setPlace({ ...now, position, firstPosition: now.firstPosition ?? position });
}

/** How the status says to go on at a position. */
export function paceAt({ pace }: Status, position: number): Status['pace'][number] | undefined {
  return pace.findLast((each) => each.position <= position) ?? pace[0];
}

/** Seconds until the turn of a position, in proportion between two that the status names. */
export function etaAt({ pace }: Status, position: number): number {
  const below = pace.findLast((each) => each.position <= position);
  const above = pace.find((each) => each.position > position);
  if (below === undefined || above === undefined) return (below ?? above)?.etaSeconds ?? 0;
  const share = (position - below.position) / (above.position - below.position);
  return below.etaSeconds + share * (above.etaSeconds - below.etaSeconds);
}
