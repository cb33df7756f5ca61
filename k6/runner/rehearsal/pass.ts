import { randomBytes } from 'node:crypto';
import type { Product } from '../checks/product.ts';

const TIMEOUT_MS = 10_000;

/** An operator's key. A product that is started for the run gets one; undefined: there is none. */
export function managementTokenFor(baseUrl: string | undefined): string | undefined {
  const { MANAGEMENT_TOKEN: given = '' } = process.env;
  if (given !== '') return given;
  return baseUrl === undefined ? randomBytes(32).toString('base64url') : undefined;
}

/**
 * How k6 gets tokens for the test users: by a pass of the installation, because nobody can pay a proof or bring the
 * shop's assertion for thousands of users that do not exist. Without an operator's key they are asked for as buyers do.
 * @returns variables of k6 @throws Error when tokens cost something and there is no key
 */
export async function accessOf(
  { baseUrl, managementUrl }: Product,
  wanted: { rehearsalId: number; token: string | undefined; userId: number; queueId: string },
): Promise<Record<string, string>> {
  const { rehearsalId, token, userId, queueId } = wanted;
  if (token === undefined) {
    await demandFreeTokens(baseUrl, { userId, queueId });
    return {};
  }
  const answer = await post(`${managementUrl}/v1/admin/rehearsals/${rehearsalId}/pass`, {
    Authorization: `Bearer ${token}`,
  });
  if (answer.status !== 200)
    throw new Error(`The installation gives no rehearsal pass: ${answer.status} ${answer.text}`);
  const { data } = JSON.parse(answer.text) as { data: { pass: string } };
  return { REHEARSAL_PASS: data.pass };
}

async function demandFreeTokens(baseUrl: string, body: object): Promise<void> {
  const { status, text } = await post(`${baseUrl}/v1/api/queue/token`, {}, body);
  if ([400, 401, 403].includes(status))
    throw new Error(
      `Test users get no token here (${status} ${text}). Give MANAGEMENT_URL and MANAGEMENT_TOKEN (an operator's key with the role admin): by them the rehearsal gets a pass.`,
    );
}

async function post(
  url: string,
  headers: Record<string, string>,
  body?: object,
): Promise<{ status: number; text: string }> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return { status: answer.status, text: await answer.text() };
}
