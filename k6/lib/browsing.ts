import { sleep } from 'k6';
import type { Api } from './api.ts';
import { visitDone } from './metrics.ts';
import { lineUp, type Patience } from './waiting.ts';

/** The study's turn: line up → schedule → seats of the first schedule → a second to look at them. */
export function browse(api: Api, userId: number, patience: Patience): void {
  const token = lineUp(api, userId, patience);
  if (token === undefined) return;
  const first = api.schedule(token).item(0);
  if (first === undefined) return;
  const seats = api.seat(token, first.scheduleId);
  sleep(1);
  if (seats.ok) visitDone();
}
