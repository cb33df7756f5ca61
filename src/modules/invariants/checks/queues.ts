import { type Finding, type QueueState, ROWS_SHOWN, type Row } from '../schema';

const finding = (what: string, rows: Row[]): Finding[] =>
  rows.length === 0
    ? []
    : [{ what, severity: 'violation', rows: rows.slice(0, ROWS_SHOWN), more: rows.length > ROWS_SHOWN }];

/**
 * I6: queues with more visitors inside than there were places when the last one was let in, as the queue's own state
 * says; a cap that has been cut since throws nobody out. A queue that has let nobody in yet is not judged.
 */
export function overfullQueues(states: QueueState[]): Finding[] {
  const overfull = states.flatMap(({ queueId, inside, capAt }) =>
    capAt !== undefined && inside > capAt ? [{ queueId, inside, cap: capAt }] : [],
  );
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
