import { sleep } from 'k6';
import type { Api, Place, TokenRequest } from './api.ts';
import { record } from './timeline.ts';
import { queueAdmitted, queuePositionBack, queueTime } from './metrics.ts';

export interface Patience {
  /** Most polls; default: no limit. */
  mostChecks?: number;
  /** Longest wait; default: no limit. */
  seconds?: number;
  /** Delay before the next poll; default: the interval that the service asks for. */
  pauseSeconds?: (place: Place) => number;
}

/** Requests a token and polls until it is admitted. @returns the token if it is active, undefined after the longest wait */
export function waitForAdmission(
  api: Api,
  who: number | TokenRequest,
  patience: Patience = {},
): string | undefined {
  const since = Date.now();
  const token = enter(api, who, patience);
  queueAdmitted.add(token !== undefined);
  if (token === undefined) return undefined;
  queueTime.add(Date.now() - since);
  record('admitted');
  return token;
}

/** The same without metrics, for users that are not part of the load. */
export function enter(api: Api, who: number | TokenRequest, patience: Patience): string | undefined {
  const since = Date.now();
  const issued = api.tokenFor(typeof who === 'number' ? { userId: who } : who);
  if (!issued.ok) return undefined;
  const token = issued.data.queueToken;
  return pollUntilAdmitted(api, token, since, patience) ? token : undefined;
}

function pollUntilAdmitted(api: Api, token: string, since: number, patience: Patience): boolean {
  const { mostChecks = Infinity, seconds = Infinity, pauseSeconds = asRequested } = patience;
  let lastPosition = Infinity;
  for (let checks = 1; ; checks++) {
    const answer = api.check(token);
    if (!answer.ok) return false;
    const place = answer.data;
    if (place.status !== 'WAITING') return place.status === 'PROGRESS';
    if (place.queueState === 'SOLD_OUT') return false; // nobody waits for what is gone
    queuePositionBack.add(place.queuePosition > lastPosition ? 1 : 0);
    lastPosition = place.queuePosition;
    const pause = pauseSeconds(place);
    if (checks >= mostChecks || (Date.now() - since) / 1000 + pause > seconds) return false;
    sleep(pause);
  }
}

const asRequested = ({ pollAfterMs }: Place): number => pollAfterMs / 1000;
