import type { Answer } from './answer.ts';
import type { Api } from './api.ts';

const NO_TOKEN = '401';
const NOT_ACTIVE = '003';

/** Tokens of members 1, 2, … Plain strings, as every VU reads its own copy of what setup returns. */
export type Tokens = string[];

/** For setup: members 1 … count line up; as many as fit are inside, the others wait. */
export const lineUpAll = (api: Api, count: number): Tokens =>
  Array.from({ length: count }, (_, i) => tokenOf(api, i + 1));

function tokenOf(api: Api, userId: number): string {
  const issued = api.token(userId);
  return issued.ok ? issued.data.queueToken : '';
}

/** Sends a request as any of them, who lines up anew when the turn is over: a lease lasts ten minutes. */
export function asAnyOf<T>(api: Api, tokens: Tokens, request: (token: string) => Answer<T>): void {
  const index = Math.floor(Math.random() * tokens.length);
  const { code } = request(tokens[index] ?? '');
  if (code === NOT_ACTIVE || code === NO_TOKEN) tokens[index] = tokenOf(api, index + 1);
}
