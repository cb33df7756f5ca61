import { signal } from '@preact/signals';
import { ask, limited } from '../../shared/api/client';
import { admin, type Concert, type Schedule } from '../api';
import { authorized } from '../session';

export interface ConcertDate extends Schedule {
  title: string;
  /** null: the main queue. */
  queueId: string | null;
}

/** Published dates that have not begun; undefined: not read yet. */
export const dates = signal<ConcertDate[] | undefined>(undefined);

export async function loadDates(): Promise<void> {
  const headers = authorized();
  const [concerts, schedules] = await Promise.all([
    allPages((last?: Concert) => {
      const query = last === undefined ? {} : { before: String(last.concertId) };
      return ask(admin.GET('/v1/admin/concerts', { params: { query }, headers, ...limited() }));
    }),
    allPages((last?: Schedule) => {
      const state = 'PUBLISHED' as const;
      const query = last === undefined ? { state } : { state, after: String(last.scheduleId) };
      return ask(admin.GET('/v1/admin/schedules', { params: { query }, headers, ...limited() }));
    }),
  ]);
  if (concerts === undefined || schedules === undefined) return; // what was read last stays
  const byId = new Map(concerts.map((concert) => [concert.concertId, concert]));
  dates.value = schedules
    .filter(({ startsAt }) => Date.parse(startsAt) > Date.now())
    .map((schedule) => {
      const concert = byId.get(schedule.concertId);
      return { ...schedule, title: concert?.title ?? '', queueId: concert?.queueId ?? null };
    });
}

/**
 * A list ends where a page is empty, whatever the size of a page is.
 * @param read the page behind `last` @returns undefined: one of the pages was not read
 */
async function allPages<T>(
  read: (last?: T) => Promise<{ ok: true; data: T[] } | { ok: false }>,
): Promise<T[] | undefined> {
  const all: T[] = [];
  for (;;) {
    const page = await read(all.at(-1));
    if (!page.ok) return undefined;
    if (page.data.length === 0) return all;
    for (const one of page.data) all.push(one);
  }
}

/** The version that an act is decided on. */
export async function etagOf(scheduleId: number): Promise<string | undefined> {
  const params = { path: { scheduleId: String(scheduleId) } };
  try {
    const { response } = await admin.GET('/v1/admin/schedules/{scheduleId}', {
      params,
      headers: authorized(),
      ...limited(),
    });
    return response.headers.get('ETag') ?? undefined;
  } catch {
    return undefined;
  }
}
