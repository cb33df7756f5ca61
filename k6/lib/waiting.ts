import { sleep } from 'k6';
import type { Api, Place } from './api.ts';
import { tell } from './course.ts';
import { queueAdmitted, queuePositionBack, queueTime } from './metrics.ts';

export interface Patience {
  /** How often to look; default: as often as it takes. */
  mostChecks?: number;
  /** How long to wait in all; default: for ever. */
  seconds?: number;
  /** How long to wait before the next look; default: what the service asks for. */
  pauseSeconds?: (place: Place) => number;
}

/** Takes a place and waits for the turn. @returns the token when inside, undefined when patience is over */
export function lineUp(api: Api, userId: number, patience: Patience = {}): string | undefined {
  const since = Date.now();
  const token = enter(api, userId, patience);
  queueAdmitted.add(token !== undefined);
  if (token === undefined) return undefined;
  queueTime.add(Date.now() - since);
  tell('admitted');
  return token;
}

/** The same for those who are not part of the load. */
export function enter(api: Api, userId: number, patience: Patience): string | undefined {
  const since = Date.now();
  const issued = api.token(userId);
  if (!issued.ok) return undefined;
  const token = issued.data.queueToken;
  return waitForTurn(api, token, since, patience) ? token : undefined;
}

function waitForTurn(api: Api, token: string, since: number, patience: Patience): boolean {
  const { mostChecks = Infinity, seconds = Infinity, pauseSeconds = asTold } = patience;
  let lastPosition = Infinity;
  for (let checks = 1; ; checks++) {
    const answer = api.check(token);
    if (!answer.ok) return false;
    const place = answer.data;
    if (place.status !== 'WAITING') return place.status === 'PROGRESS';
    queuePositionBack.add(place.queuePosition > lastPosition ? 1 : 0);
    lastPosition = place.queuePosition;
    const pause = pauseSeconds(place);
    if (checks >= mostChecks || (Date.now() - since) / 1000 + pause > seconds) return false;
    sleep(pause);
  }
}

const asTold = ({ pollAfterMs }: Place): number => pollAfterMs / 1000;
