import type { Seat } from '../../shared/api/types';
import { api, ask, authorized, jittered, limited, signal } from '../kernel';
import { isIdle } from './idle';
import { order, problemOf, schedule, tokenOf } from './state';

/** The free seats of the date that is looked at. */
export const free = signal<Seat[] | undefined>(undefined);
/** The last position that was seen there, free or not. */
export const last = signal(0);

const EVERY_MS = 3000;

let followed: number | undefined;

/** Keeps the free seats of a date up to date, while it is looked at. */
export function followSeats(scheduleId: number): void {
  if (followed === scheduleId) return;
  followed = scheduleId;
  free.value = undefined;
  last.value = 0;
  void readSeats(scheduleId).finally(() => again(scheduleId));
}

function again(scheduleId: number): void {
  setTimeout(() => {
    const isShown =
      followed === scheduleId && schedule.value?.scheduleId === scheduleId && order.value === undefined;
    if (!isShown) {
      if (followed === scheduleId) followed = undefined;
      return;
    }
    const isSeen = document.visibilityState === 'visible' && !isIdle();
    void (isSeen ? readSeats(scheduleId) : Promise.resolve()).finally(() => again(scheduleId));
  }, jittered(EVERY_MS));
}

export async function readSeats(scheduleId: number): Promise<void> {
  const params = { query: { scheduleId: String(scheduleId) } };
  const answer = await ask(
    api.GET('/v1/api/concerts/seat', { params, ...authorized(tokenOf()), ...limited() }),
  );
  if (schedule.value?.scheduleId !== scheduleId) return;
  problemOf(answer);
  if (!answer.ok) return;
  free.value = answer.data;
  last.value = Math.max(last.value, ...answer.data.map(({ position }) => position));
}
