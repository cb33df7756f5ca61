import { type Act, isUnderWay, type Operation } from '../observed/history.ts';

/**
 * What a buyer wanted to happen once: all requests with one Idempotency-Key. `ok` when any of them was answered with
 * 2xx; `fail` when all were refused; else `unknown`: it may have happened, then or later.
 */
export interface Wish {
  key: string;
  act: Act;
  userId: number;
  operations: Operation[];
  /** When it was first sent. */
  startMs: number;
  /** When it was first known to be done; Infinity: never. */
  okMs: number;
  verdict: 'ok' | 'fail' | 'unknown';
  /** The first request that was answered with 2xx. */
  done: Operation | undefined;
}

export function wishesOf(operations: Operation[]): Wish[] {
  const byKey = new Map<string, Operation[]>();
  for (const operation of operations) {
    if (operation.key === undefined) continue;
    const same = byKey.get(operation.key);
    if (same === undefined) byKey.set(operation.key, [operation]);
    else same.push(operation);
  }
  return [...byKey].map(([key, same]) => {
    const done = same.filter(({ outcome }) => outcome === 'ok').sort((a, b) => a.endMs - b.endMs)[0];
    const [first] = same;
    if (first === undefined) throw new Error('A wish without a request.');
    return {
      key,
      act: first.act,
      userId: first.userId,
      operations: same,
      startMs: same.reduce((first, { startMs }) => Math.min(first, startMs), Infinity),
      okMs: done?.endMs ?? Infinity,
      verdict: done ? 'ok' : same.every(isRefused) ? 'fail' : 'unknown',
      done,
    };
  });
}

/** That the same key is under way says nothing about the wish. */
const isRefused = (operation: Operation): boolean => operation.outcome === 'fail' && !isUnderWay(operation);
