import { effect } from '@preact/signals';
import { scriptUrl } from '../../shared/trusted';
import { jittered } from '../../shared/wait';
import { QUEUE_ID } from '../page';
import { claimsOf, entryOf, place } from '../place';
import { checkPlace, sayPresent } from './check';
import { type Heard, heard, isLost, paceAt, readStatus, takeStatus } from './status';

const TURN_MS = 500;
const RETRY_MS = 2000;
const MAX_RETRY_MS = 15_000;
/** Of those who are not in line: what the line looks like. */
const ONLOOKER_MS = 5000;

const channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel('concert') : undefined;

/** One tab of a browser polls the service and passes the answers on to the others. */
export function follow(): void {
  channel?.addEventListener('message', ({ data }: MessageEvent<Heard>) => takeStatus(data));
  // Lib.dom says that there are locks, which old browsers lack: then each tab polls.
  const { locks } = navigator as { locks?: LockManager };
  if (locks === undefined) lead();
  else void locks.request('concert.leader', () => new Promise<never>(lead));
}

/** A moment on this device's clock, and when it was set. */
interface Due {
  setAtMs: number;
  atMs: number;
}

const NOW: Due = { setAtMs: 0, atMs: 0 };
const dueIn = (ms: number): Due => ({ setAtMs: Date.now(), atMs: Date.now() + ms });

/** Or the device's clock was set back since: nobody knows how far the moment is then. */
const isDue = ({ setAtMs, atMs }: Due, nowMs: number): boolean => nowMs >= atMs || nowMs < setAtMs;

let failures = 0;
let status: Due = NOW;
let presence: Due = NOW;
let isBusy = false;

function lead(): void {
  setInterval(turn, TURN_MS);
  // The timers of a hidden tab stop nearly; those of a worker do not.
  let worker: Worker | undefined;
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden' && worker === undefined) {
      worker = new Worker(scriptUrl('/ticker.js'));
      worker.onmessage = turn;
    } else if (document.visibilityState === 'visible') {
      worker?.terminate();
      worker = undefined;
      askSoon();
    }
  });
  addEventListener('online', askSoon);
  effect(() => {
    if (place.value?.phase === 'waiting') askSoon();
  });
  turn();
}

/** The next turn polls. */
export function askSoon(): void {
  status = NOW;
  failures = 0;
}

function turn(): void {
  if (isBusy) return;
  isBusy = true;
  void act().finally(() => (isBusy = false));
}

async function act(): Promise<void> {
  const now = Date.now();
  const inLine = place.value?.phase === 'waiting' || place.value?.phase === 'rejoined';
  if (inLine && isDue(presence, now)) {
    presence = dueIn(jittered(paceOfPlace()?.presenceAfterMs ?? RETRY_MS));
    void sayPresent(); // the status does not wait for its answer
  }
  const isSeen = document.visibilityState === 'visible';
  if (!isSeen && !(inLine && isNear())) return;
  if (!isDue(status, now) || (place.value?.phase === 'active' && failures === 0 && status !== NOW)) return;
  await update(inLine);
}

async function update(inLine: boolean): Promise<void> {
  const claims = place.value && claimsOf(place.value.token);
  const hasCome = await readStatus(claims?.queueId ?? QUEUE_ID);
  if (hasCome && heard.value !== undefined) channel?.postMessage(heard.value);
  if (inLine && (!hasCome || isTurn())) await checkPlace();
  failures = isLost.value ? failures + 1 : 0;
  const retryMs = Math.min(RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS);
  const nextMs = inLine ? (paceOfPlace()?.statusAfterMs ?? RETRY_MS) : ONLOOKER_MS;
  status = dueIn(jittered(failures > 0 ? retryMs : nextMs));
}

const paceOfPlace = (): ReturnType<typeof paceAt> =>
  heard.value && paceAt(heard.value.status, place.value?.position ?? 1);

/** Hidden, only those who are about to get in go on reading. */
const isNear = (): boolean => (place.value?.position ?? Infinity) <= 1000;

/** Whether only the queue itself can tell how it stands. */
function isTurn(): boolean {
  const claims = entryOf(place.value);
  if (claims === undefined || heard.value === undefined) return false;
  const { headSeq, issued, firstGeneration } = heard.value.status;
  return claims.seq <= headSeq || claims.seq > issued || claims.gen < firstGeneration;
}
