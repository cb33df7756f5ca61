import { sleep } from 'k6';
import type { Api } from './api.ts';
import { visitDone } from './metrics.ts';
import { waitForAdmission, type Patience } from './waiting.ts';

/** The visit of the study: token and polls → schedules → seats of the first schedule → one second to read them. */
export function browse(api: Api, userId: number, patience: Patience): void {
  const token = waitForAdmission(api, userId, patience);
  if (token === undefined) return;
  const first = api.schedule(token).item(0);
  if (first === undefined) return;
  const seats = api.seat(token, first.scheduleId);
  sleep(1);
  if (seats.ok) visitDone();
}
