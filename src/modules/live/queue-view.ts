import type { WaitingRoom } from '../waiting-room/waiting-room';
import { overrideOf, tagOf } from '../waiting-room/admission/override';
import { type Board, tagOfNotice } from '../waiting-room/status/board-store';
import { standingOf } from '../waiting-room/status/report';
import type { LiveQueue } from './schema';

/** A queue as this process' snapshot has it. */
export function queueView(
  room: WaitingRoom,
  board: Board,
  etaBand: LiveQueue['etaBand'],
  offsetTime: (at: Date) => string,
): LiveQueue {
  const { snapshot, limits, queueId } = room;
  const { headSeq, issued, waiting, active, rejoined, admission } = snapshot;
  const { state, opensAt } = standingOf(room, board, offsetTime);
  const [action, bottleneck] = admission.lastDecision?.split(':') ?? [];
  const override = overrideOf(admission);
  return {
    queueId,
    waiting,
    rejoined,
    active,
    paused: limits.paused,
    source: limits.source,
    ageMs: snapshot.takenAtRedisMs === 0 ? -1 : Math.round(snapshot.ageMs),
    state,
    opensAt,
    absent: Math.max(0, issued - headSeq - (waiting - rejoined)),
    activeLimit: limits.activeLimit,
    admissionRateLimit: limits.rateLimit ?? null,
    admissionsPerSecond: Math.round(room.admissionsPerSecond * 100) / 100,
    lastEtaSeconds: waiting === 0 ? null : Math.round(room.etaAt(waiting).seconds),
    etaBand,
    override: { limit: override.limit ?? null, rate: override.rate ?? null },
    overrideTag: tagOf(override),
    decision: action === undefined || bottleneck === undefined ? null : { action, bottleneck },
    notice: board.notice,
    noticeTag: tagOfNotice(board.notice),
  };
}
