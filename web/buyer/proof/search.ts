import { scriptUrl } from '../kernel';

/** What the service demands. */
export interface Challenge {
  challenge: string;
  bits: number;
  memoryKib: number;
  expiresInSeconds: number;
}

type Message = { nonce: string } | { tried: number } | { fault: string };

/** How a search has ended. */
export type Found = { nonce: string } | 'expired' | 'canceled' | 'failed';

/** So much before its end a challenge is given up: the answer must arrive in time. */
const SPARE_MS = 10_000;

/**
 * Searches a nonce in a worker, so that the page goes on.
 * @param onTried called now and then with how many were tried
 */
export function search(
  challenge: Challenge,
  { signal, onTried }: { signal: AbortSignal; onTried: (tried: number) => void },
): Promise<Found> {
  const worker = new Worker(scriptUrl('/proof-worker.js'));
  return new Promise<Found>((resolve) => {
    setTimeout(() => resolve('expired'), challenge.expiresInSeconds * 1000 - SPARE_MS);
    signal.addEventListener('abort', () => resolve('canceled'));
    worker.onerror = () => resolve('failed');
    worker.onmessage = ({ data }: MessageEvent<Message>) => {
      if ('tried' in data) onTried(data.tried);
      else resolve('nonce' in data ? data : 'failed');
    };
    worker.postMessage(challenge);
  }).finally(() => worker.terminate());
}
