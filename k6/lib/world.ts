// The world outside of the service, which the runner plays (world.ts of the runner): devices that compute, a shop, a beacon.
import http from 'k6/http';
import { sleep } from 'k6';
import type { Api, TokenRequest } from './api.ts';
import { BASE_URL, whole } from './options.ts';

export const DEFENCES = ['fifo', 'draw', 'proof-of-work', 'identity'] as const;
export type Defence = (typeof DEFENCES)[number];

const WORLD_URL = __ENV['WORLD_URL'] ?? '';
const MANAGEMENT_URL = __ENV['MANAGEMENT_URL'] ?? BASE_URL;
const MANAGEMENT_TOKEN = __ENV['MANAGEMENT_TOKEN'] ?? '';
const QUEUE_ID = __ENV['QUEUE_ID'] ?? 'main';
/** Difficulty for which the time of a search is counted: the service demands less, so that one machine can play all. */
const WORK_BITS = whole('WORK_BITS', 10);

/** Somebody with an account. */
export interface Person {
  userId: number;
  /** The attacker whose account it is, from 1 on; 0: it is an ordinary user's. */
  attacker: number;
}

function post(url: string, body: object, headers: Record<string, string> = {}, method = 'POST'): unknown {
  const answer = http.request(method, url, JSON.stringify(body), {
    headers: { 'Content-Type': 'application/json', ...headers },
    tags: { endpoint: 'world', name: 'world' },
    responseType: 'text',
  });
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${answer.body}`);
  return answer.json();
}

/** Body of a token request, with the proof that the gate demands. */
export function payFor(defence: Defence, api: Api, person: Person): TokenRequest {
  const { userId } = person;
  if (defence === 'identity') return post(`${WORLD_URL}/assertion`, person) as { assertion: string };
  if (defence !== 'proof-of-work') return { userId };
  const { challenge } = api.challenge(userId).data;
  const work = { ...person, challenge, bits: WORK_BITS };
  const solved = post(`${WORLD_URL}/solve`, work) as { nonce: string; afterMs: number };
  sleep(solved.afterMs / 1000);
  return { userId, proof: { challenge, nonce: solved.nonce } };
}

/** The queue will open, and its order be drawn. */
export function planDraw(opensAt: Date): void {
  const drand = post(`${WORLD_URL}/beacon`, { opensAtMs: opensAt.getTime() });
  const path = `${MANAGEMENT_URL}/v1/admin/queues/${QUEUE_ID}/opening`;
  const headers = { Authorization: `Bearer ${MANAGEMENT_TOKEN}`, 'If-Match': '"0"' };
  post(path, { opensAt: opensAt.toISOString(), mode: 'draw', drand }, headers, 'PUT');
}
