import { join } from 'node:path';

const root = join(__dirname, '../../..');
export const RUN_SECONDS = 12;
export const TEST_ID = 'dashboards';

/** Twenty buyers who get in each other's way, and one stranger whose requests fail and are dropped. */
export const SCRIPT = `
import { sleep } from 'k6';
import { Api } from '${root}/k6/lib/api.ts';
import { holds, seatConflicts, ticketsSold, visitDone } from '${root}/k6/lib/metrics.ts';
import { waitForAdmission } from '${root}/k6/lib/waiting.ts';

const userIds = JSON.parse(__ENV.USER_IDS);
const scheduleId = Number(__ENV.SCHEDULE);
const api = new Api(1);
export const options = {
  tags: { testid: '${TEST_ID}' },
  scenarios: {
    buyers: { executor: 'constant-vus', vus: 20, duration: '${RUN_SECONDS}s', gracefulStop: '1s', exec: 'buy' },
    strangers: { executor: 'constant-arrival-rate', rate: 20, duration: '${RUN_SECONDS}s', preAllocatedVUs: 1,
                 maxVUs: 1, gracefulStop: '1s', exec: 'knock' },
  },
};
export function buy() {
  const token = waitForAdmission(api, userIds[(__VU * 97 + __ITER) % userIds.length]);
  if (token === undefined) return;
  api.schedule(token);
  sleep(0.5); // slow enough that a queue forms
  for (let tries = 0; tries < 20; tries++) {
    const seats = api.seat(token, scheduleId).data;
    const seat = seats[Math.floor(Math.random() * 3)];
    const held = api.reserve(token, scheduleId, seat.seatId);
    seatConflicts.add(held.ok ? 0 : 1);
    if (!held.ok) continue;
    holds.add(1);
    api.charge(token, seat.amount);
    if (api.payment(token, held.data.reservationId).ok) ticketsSold.add(1);
    break;
  }
  visitDone();
}
export function knock() {
  api.check('a token that nobody gave');
  sleep(0.3);
}
`;
