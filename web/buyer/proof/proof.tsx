import { type Answer, api, ask, h, limited, loadStyle, refusal, render, signal } from '../kernel';
import type { Cost } from '../join';
import { Working } from './dialog';
import { type Challenge, type Found, search } from './search';

/** Path of its style sheet: the build fills it in. */
declare const STYLE: string;

/** What a token costs where the gate is a proof of work. */
export interface Proof {
  challenge: string;
  nonce: string;
}

/** Gets a challenge and solves it. @returns as an answer of the service; the code is empty when the user has canceled */
export async function pay(userId: number): Promise<Answer<Cost>> {
  for (;;) {
    const given = await ask(api.POST('/v1/api/queue/challenge', { body: { userId }, ...limited() }));
    if (!given.ok) return given;
    const { challenge } = given.data;
    const found = await solve(given.data);
    if (found === 'canceled') return refusal('');
    if (found === 'failed') return refusal('other');
    if (found !== 'expired') return { ok: true, data: { userId, proof: { challenge, nonce: found.nonce } } };
  }
}

async function solve(challenge: Challenge): Promise<Found> {
  const host = document.body.appendChild(document.createElement('div'));
  const canceling = new AbortController();
  const share = signal(0);
  render(<Working share={share} onCancel={() => canceling.abort()} />, host);
  try {
    return await search(challenge, {
      signal: canceling.signal,
      // Each hash solves it with the same probability, so nobody can know how many are left.
      onTried: (tried) => (share.value = 1 - (1 - 2 ** -challenge.bits) ** tried),
    });
  } finally {
    host.querySelector('dialog')?.close(); // gives the focus back
    render(null, host);
    host.remove();
  }
}

await loadStyle(STYLE);
