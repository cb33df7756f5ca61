import { effect } from '@preact/signals';
import { learnTime } from '../../shared/clock';
import { jittered, wait } from '../../shared/wait';
import type { HistoryPoint, LiveReport } from '../api';
import { authorized, operator, signOut } from '../session';
import { takeHistory, takeReport } from './state';

/** A server sends a report each second; one that is silent for this time counts as gone. */
const SILENCE_MS = 5000;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 5000;

/** Follows the stream as long as somebody is signed in. It is read by fetch: the key goes in a header, never in a URL. */
export function followWhileSignedIn(): void {
  let stop: AbortController | undefined;
  effect(() => {
    stop?.abort();
    const key = operator.value?.key;
    if (key === undefined) return;
    stop = new AbortController();
    void follow(key, stop.signal);
  });
}

async function follow(key: string, stopped: AbortSignal): Promise<void> {
  for (let retryMs = FIRST_RETRY_MS; !stopped.aborted; retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)) {
    const { status, hasBegun } = await readOnce(key, stopped);
    if ((status === 401 || status === 403) && operator.peek()?.key === key) {
      signOut('ended');
      return;
    }
    if (hasBegun) retryMs = FIRST_RETRY_MS;
    await wait(jittered(retryMs));
  }
}

/** Reads until the stream ends. @returns the status of the answer, 0 without one */
async function readOnce(key: string, stopped: AbortSignal): Promise<{ status: number; hasBegun: boolean }> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  let status = 0;
  let hasBegun = false;
  try {
    const signal = AbortSignal.any([stopped, silence.signal]);
    const answer = await fetch('/v1/admin/live/events', { headers: authorized(key), signal });
    status = answer.status;
    if (!answer.ok || answer.body === null) return { status, hasBegun };
    hasBegun = true;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { status, hasBegun };
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const events = (text + value).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) take(event);
    }
  } catch {
    return { status, hasBegun }; // the connection has broken
  } finally {
    clearTimeout(timer);
  }
}

function take(event: string): void {
  const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(event)?.[1];
  const data = field('data');
  if (data === undefined) return;
  if (field('event') === 'history') takeHistory((JSON.parse(data) as { points: HistoryPoint[] }).points);
  if (field('event') !== 'report') return;
  const report = JSON.parse(data) as LiveReport;
  learnTime(report.nowMs);
  takeReport(report);
}
