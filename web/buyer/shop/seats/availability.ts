import type { Layout } from '../../../shared/api/types';
import { type Answer, api, ask, jittered, limited, signal } from '../../kernel';
import { type HallRow, hallOf } from './hall';
import { isIdle } from '../idle';
import { order, schedule } from '../state';

/** The hall of the chosen date. */
export const hall = signal<HallRow[] | undefined>(undefined);

const EVERY_MS = 2000;

let layout: Layout | undefined;
let followed: number | undefined;

/** Keeps the hall of a date up to date while it is shown. */
export function followSeats(scheduleId: number): void {
  if (followed === scheduleId) return;
  followed = scheduleId;
  layout = undefined;
  hall.value = undefined;
  void readSeats(scheduleId).finally(() => again(scheduleId));
}

function again(scheduleId: number): void {
  setTimeout(() => {
    if (followed !== scheduleId) return;
    const isShown = schedule.value?.scheduleId === scheduleId && order.value === undefined;
    if (!isShown) followed = undefined;
    else if (document.visibilityState === 'visible' && !isIdle())
      void readSeats(scheduleId).finally(() => again(scheduleId));
    else again(scheduleId);
  }, jittered(EVERY_MS));
}

const readLayout = (query: { scheduleId: string; version?: string }): Promise<Answer<Layout>> =>
  ask(api.GET('/v1/api/concerts/layout', { params: { query }, ...limited() }));

export async function readSeats(scheduleId: number): Promise<Answer<unknown>> {
  const query = { scheduleId: String(scheduleId) };
  // Only the availability names the version of the layout; the first time the layout does not wait for it.
  const early = layout === undefined ? readLayout(query) : undefined;
  const answer = await ask(api.GET('/v1/api/concerts/availability', { params: { query }, ...limited() }));
  if (!answer.ok) return answer;
  const { layoutVersion: version, seats } = answer.data;
  if (layout?.version !== version) {
    const known = await early;
    const isKnown = known?.ok === true && known.data.version === version;
    const found = isKnown ? known : await readLayout({ ...query, version });
    if (!found.ok) return found;
    layout = found.data;
  }
  if (followed === scheduleId) hall.value = hallOf(layout, seats);
  return answer;
}
