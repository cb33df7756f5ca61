import { signal } from '@preact/signals';
import { ask, limited } from '../../shared/api/client';
import { admin, type Schedule } from '../api';
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
    ask(admin.GET('/v1/admin/concerts', { headers, ...limited() })),
    ask(
      admin.GET('/v1/admin/schedules', { params: { query: { state: 'PUBLISHED' } }, headers, ...limited() }),
    ),
  ]);
  if (!concerts.ok || !schedules.ok) return; // what was read last stays
  const byId = new Map(concerts.data.map((concert) => [concert.concertId, concert]));
  dates.value = schedules.data
    .filter(({ startsAt }) => Date.parse(startsAt) > Date.now())
    .map((schedule) => {
      const concert = byId.get(schedule.concertId);
      return { ...schedule, title: concert?.title ?? '', queueId: concert?.queueId ?? null };
    });
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
