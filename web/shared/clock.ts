import { signal } from '@preact/signals';

/** The server's clock minus this device's; undefined before the first answer. */
let offsetMs: number | undefined;

/**
 * Learns from an answer what time it is at the server. An answer can only be old, never from the future: the one that is
 * the least behind is the nearest to the truth.
 */
export function learnTime(serverMs: number, receivedAtMs = Date.now()): void {
  if (serverMs <= 0) return;
  const seen = serverMs - receivedAtMs;
  // A difference of more than half a minute is this device's clock having been set.
  if (offsetMs === undefined || seen > offsetMs || offsetMs - seen > 30_000) offsetMs = seen;
}

/** The server's time as far as this page knows. */
export const serverNow = (): number => Date.now() + (offsetMs ?? 0);

const seconds = signal(0);

/** Makes what calls it draw itself again each second, while the page is seen. */
export const everySecond = (): number => seconds.value;

setInterval(() => {
  if (document.visibilityState === 'visible') seconds.value++;
}, 1000);
