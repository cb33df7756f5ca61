import { aroundValue, CHECK } from './http.ts';
import { closedLoop, type ClosedLoad, writeValues } from './load.ts';
import { measure, type Round } from './results/rounds.ts';
import type { Line } from './sales/line.ts';
import type { OurServer, Target } from './server.ts';

export const CONNECTIONS = 32;
/** Few enough for a process to remember all their tokens. */
export const KNOWN = 20_000;

/** One user is active and stays so, the others wait. */
const ACTIVE = 1;
export const WAITERS_ONLY = { QUEUE_MAX_ACTIVE: ACTIVE };

export type Polls = Pick<ClosedLoad, 'file' | 'prefix' | 'suffix' | 'wrap' | 'first'>;

export const poll = (target: Pick<Target, 'port' | 'pid'>, polls: Polls, seconds: number): Promise<Round> =>
  measure(target.pid, () => closedLoop({ ...polls, port: target.port, connections: CONNECTIONS, seconds }));

/** A queue of `count` waiting users, and their polls. */
export async function waitingPolls(line: Line, count: number): Promise<Polls & { someToken: string }> {
  const [, ...waiters] = await line.seed({ count: count + 1, cap: ACTIVE });
  const file = writeValues(waiters.map(({ token }) => token));
  const someToken = waiters[Math.floor(count / 2)]?.token ?? '';
  return { file, ...aroundValue({ path: CHECK, token: 'VALUE' }), wrap: true, someToken };
}

export const sampleOf = (server: OurServer, token: string): ReturnType<OurServer['answerTo']> =>
  server.answerTo(CHECK, { method: 'POST', headers: { Authorization: token } });
