import type { Config } from '../../../config';
import { type Finding, type QueueState, ROWS_SHOWN, type Row } from '../schema';

const finding = (what: string, rows: Row[]): Finding[] =>
  rows.length === 0
    ? []
    : [{ what, severity: 'violation', rows: rows.slice(0, ROWS_SHOWN), more: rows.length > ROWS_SHOWN }];

/**
 * I6: queues with more visitors inside than there were places when the last one was let in; a cap that has been cut
 * since throws nobody out. Where nobody knows, the configured number counts.
 */
export function overfullQueues(
  states: QueueState[],
  { QUEUES, QUEUE_MAX_ACTIVE }: Pick<Config, 'QUEUES' | 'QUEUE_MAX_ACTIVE'>,
): Finding[] {
  const configured = (queueId: string): number => {
    const cap = QUEUES.get(queueId) ?? QUEUE_MAX_ACTIVE;
    return cap === 'auto' ? Infinity : cap;
  };
  const overfull = states
    .map(({ queueId, inside, capAt }) => ({ queueId, inside, cap: capAt ?? configured(queueId) }))
    .filter(({ inside, cap }) => inside > cap);
  return finding('queues with too many inside', overfull);
}

/** I7: what the state shows of the order; that each was next in line is for the tests of the scripts to prove. */
export function disorderedQueues(states: QueueState[]): Finding[] {
  const ahead = states.filter(
    ({ issued, serving }) => issued !== undefined && serving !== undefined && serving > issued,
  );
  const tooEarly = states.flatMap(({ queueId, serving, tooEarly }) =>
    tooEarly.map((seq) => ({ queueId, seq, serving: serving ?? null })),
  );
  return [
    ...finding(
      'queues that serve more than they have issued',
      ahead.map(({ queueId, issued, serving }) => ({
        queueId,
        issued: issued ?? null,
        serving: serving ?? null,
      })),
    ),
    ...finding('places taken before their turn', tooEarly),
  ];
}
