import { type Finding, type QueueState, ROWS_SHOWN, type Row } from '../schema';

const finding = (what: string, rows: Row[]): Finding[] =>
  rows.length === 0
    ? []
    : [{ what, severity: 'violation', rows: rows.slice(0, ROWS_SHOWN), more: rows.length > ROWS_SHOWN }];

/**
 * I6: queues with more active users than the limit that the queue's state recorded at the last admission; a limit that
 * was lowered since then ends no session. A queue that has admitted nobody yet is not judged.
 */
export function overfullQueues(states: QueueState[]): Finding[] {
  const overfull = states.flatMap(({ queueId, active, limitAtAdmission }) =>
    limitAtAdmission !== undefined && active > limitAtAdmission
      ? [{ queueId, active, limit: limitAtAdmission }]
      : [],
  );
  return finding('queues with more active users than the limit', overfull);
}

/** I7: what the state shows of the order; that each was next in line is for the tests of the scripts to prove. */
export function disorderedQueues(states: QueueState[]): Finding[] {
  const ahead = states.filter(
    ({ issued, headSeq }) => issued !== undefined && headSeq !== undefined && headSeq > issued,
  );
  const tooEarly = states.flatMap(({ queueId, headSeq, tooEarly }) =>
    tooEarly.map((seq) => ({ queueId, seq, headSeq: headSeq ?? null })),
  );
  return [
    ...finding(
      'queues that serve more than they have issued',
      ahead.map(({ queueId, issued, headSeq }) => ({
        queueId,
        issued: issued ?? null,
        headSeq: headSeq ?? null,
      })),
    ),
    ...finding('places taken before their turn', tooEarly),
  ];
}
