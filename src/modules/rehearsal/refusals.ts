import type { RehearsalRow } from './requests';

const MINUTE_MS = 60_000;

type TextOf = (at: Date) => string;

const requester = ({ requestedBy }: RehearsalRow): string => requestedBy ?? 'the command line';

/**
 * Why no other rehearsal may be requested or begin: who has requested the one under way, and until when it lasts.
 * @param row the one that waits or runs; undefined: it has ended, and what it had made is being removed
 * @param lockedUntil until when its runner has the lock; undefined: it has no live runner
 */
export function underWayText(
  row: RehearsalRow | undefined,
  lockedUntil: Date | undefined,
  textOf: TextOf,
): string {
  const lock =
    lockedUntil &&
    `The lock of its runner lasts until ${textOf(lockedUntil)}, and longer while the runner is at work.`;
  if (row === undefined) return `A runner is removing what a rehearsal had made. ${lock ?? 'Try again.'}`;
  const which = `Rehearsal ${row.id} in queue ${row.queueId}, requested by ${requester(row)} at ${textOf(row.requestedAt)},`;
  const { startedAt, waitMinutes } = row;
  if (startedAt === null)
    return `${which} waits for a runner: start npm run load -- rehearse --requests, or cancel it on the operator’s page.`;
  const runs = `${which} began at ${textOf(startedAt)}`;
  if (lock === undefined)
    return `${runs}, but its runner is gone: npm run load -- rehearse --cleanup removes what it has left.`;
  const latest = new Date(startedAt.getTime() + (waitMinutes ?? 1) * MINUTE_MS);
  return `${runs}, and its users wait until ${textOf(latest)} at the latest. ${lock}`;
}

/** Users in a queue, by whom another rehearsal would be disturbed. */
export interface Present {
  active: number;
  waiting: number;
}

/**
 * @param last the rehearsal that ended last in this queue
 * @param freeAt when its users are over at the latest; undefined: the settings of the product are not known here
 */
export function queueInUseText(
  queueId: string,
  { active, waiting }: Present,
  last: RehearsalRow | undefined,
  { textOf, freeAt }: { textOf: TextOf; freeAt?: Date | undefined },
): string {
  const users = `Queue ${queueId} has ${active} active and ${waiting} waiting users`;
  if (!last?.endedAt) return `${users}: a rehearsal needs a queue that no buyer is in.`;
  const whose = `of rehearsal ${last.id}, requested by ${requester(last)}, which ended at ${textOf(last.endedAt)}`;
  const until =
    freeAt === undefined
      ? 'They leave within QUEUE_IDLE_TIMEOUT_SECONDS of the product, or when their holds end.'
      : `The queue is free at ${textOf(freeAt)} at the latest.`;
  return `${users}, ${whose}. ${until}`;
}
