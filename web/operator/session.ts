import { signal } from '@preact/signals';
import { ask, type Answer, limited } from '../shared/api/client';
import { admin } from './api';

export type Role = 'viewer' | 'operator' | 'admin';

export interface Operator {
  key: string;
  name: string;
  role: Role;
}

const NAME = 'concert.operator-key';

/** The key stays in this tab: other tabs and later visits do not have it. */
function keepKey(key: string | undefined): void {
  try {
    if (key === undefined) sessionStorage.removeItem(NAME);
    else sessionStorage.setItem(NAME, key);
  } catch {
    // a tab without storage keeps it in memory
  }
}

export function keptKey(): string | undefined {
  try {
    return sessionStorage.getItem(NAME) ?? undefined;
  } catch {
    return undefined;
  }
}

export const operator = signal<Operator | undefined>(undefined);
/** Why the operator has to sign in again. */
export const signedOutBecause = signal<'ended' | undefined>(undefined);

export const authorized = (key = operator.peek()?.key ?? ''): { Authorization: string } => ({
  Authorization: `Bearer ${key}`,
});

export async function signIn(key: string): Promise<Answer<unknown>> {
  const answer = await ask(admin.GET('/v1/admin/me', { headers: authorized(key), ...limited() }));
  if (answer.ok) {
    keepKey(key);
    operator.value = { key, ...answer.data };
    signedOutBecause.value = undefined;
  }
  return answer;
}

export function signOut(why?: 'ended'): void {
  keepKey(undefined);
  operator.value = undefined;
  signedOutBecause.value = why;
}

export const mayAct = (least: Role): boolean => {
  const roles: Role[] = ['viewer', 'operator', 'admin'];
  return roles.indexOf(operator.value?.role ?? 'viewer') >= roles.indexOf(least);
};
