import type { Answer } from './answer.ts';
import type { Api } from './api.ts';

const NO_TOKEN = '401';
const NOT_ACTIVE = '003';

/** Tokens of the users 1, 2, … They are plain strings, because every VU gets its own copy of what setup returns. */
export type Tokens = string[];

/** Used by setup: requests tokens for the users 1 … count. The first ones are active, the others wait. */
export const requestTokens = (api: Api, count: number): Tokens =>
  Array.from({ length: count }, (_, i) => tokenOf(api, i + 1));

function tokenOf(api: Api, userId: number): string {
  const issued = api.token(userId);
  return issued.ok ? issued.data.queueToken : '';
}

/** Sends a request as a random one of the users, and requests a new token after its session has ended (after ten minutes). */
export function asAnyUserOf<T>(api: Api, tokens: Tokens, request: (token: string) => Answer<T>): void {
  const index = Math.floor(Math.random() * tokens.length);
  const { code } = request(tokens[index] ?? '');
  if (code === NOT_ACTIVE || code === NO_TOKEN) tokens[index] = tokenOf(api, index + 1);
}
