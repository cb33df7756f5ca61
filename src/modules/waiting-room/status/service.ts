import { inject, Lifecycle, scoped } from 'tsyringe';
import { DisplayTime } from '../../../common/calendar/display-time';
import { NotFound } from '../../../common/errors';
import { CONFIG, type Config } from '../../../config/config';
import { JITTER } from '../polling/interval';
import { ChangedMeanwhile } from '../errors';
import { WaitingRoomRegistry } from '../registry';
import type { WaitingRoom } from '../waiting-room';
import { type Board, BoardStore, EMPTY_BOARD, tagOfNotice } from './board-store';
import { EtaBand } from './eta-band';
import { type ReadingOptions, reportOf, type Standing, standingOf } from './report';
import type { Chance, Chances, Notice } from './schema';

/** A status as JSON, made once for all its readers. */
export interface StatusAnswer {
  json: string;
}

interface QueueBoard {
  board: Board;
  /** Generation of the queue when the board was read; null: it was not read yet, or the queue had no state. */
  gen: string | null;
  band: EtaBand;
  /** The snapshot and the board that the answer was made of. */
  madeOf: { takenAtRedisMs: number; board: Board; answer: StatusAnswer } | undefined;
}

/** The status of queues: one text per snapshot for everybody, so that any cache can carry a crowd of any size. */
@scoped(Lifecycle.ContainerScoped)
export class QueueStatusService {
  private readonly reading: ReadingOptions;
  private readonly queues = new Map<string, QueueBoard>();
  /** The last time that was written: each poll needs the same one. */
  private written: { atMs: number; text: string } | undefined;

  constructor(
    private readonly rooms: WaitingRoomRegistry,
    private readonly boards: BoardStore,
    private readonly displayTime: DisplayTime,
    @inject(CONFIG) config: Config,
  ) {
    this.reading = {
      maxPerSecond: config.QUEUE_MAX_POLLS_PER_SECOND,
      presenceTimeoutMs: config.QUEUE_PRESENCE_TIMEOUT_SECONDS * 1000,
      statusMaxIntervalMs: config.QUEUE_STATUS_MAX_INTERVAL_SECONDS * 1000,
    };
  }

  get queueIds(): string[] {
    return this.rooms.all.map(({ queueId }) => queueId);
  }

  /** The same object until the snapshot or the board changes. No I/O. @throws NotFound (404) */
  status(queueId: string): StatusAnswer {
    const room = this.roomOf(queueId);
    const queue = this.queueOf(queueId);
    const { takenAtRedisMs } = room.snapshot;
    const known = queue.madeOf;
    if (known?.takenAtRedisMs === takenAtRedisMs && known.board === queue.board) return known.answer;
    const answer = this.make(room, queue);
    queue.madeOf = { takenAtRedisMs, board: queue.board, answer };
    return answer;
  }

  /**
   * Reads the facts published beside the queue; the last ones stay while Redis is unavailable. A notice that Redis has lost
   * together with the queue's state is written again when that is restored.
   */
  async refreshBoard(queueId: string): Promise<void> {
    const queue = this.queueOf(queueId);
    const { gen, ...board } = await this.boards.read(queueId);
    if (gen === null && queue.gen !== null) return; // the state is lost, and will soon be restored
    const { notice } = queue.board;
    if (notice !== null && board.notice === null && gen !== queue.gen) {
      await this.boards.restoreNotice(queueId, notice);
      board.notice = notice;
    }
    queue.gen = gen;
    if (JSON.stringify(board) !== JSON.stringify(queue.board)) queue.board = board;
  }

  /**
   * A notice that is there already is set, so the call may be repeated.
   * @param notice null removes it
   * @param expected `tagOfNotice` of those of which the operator has seen one; undefined: any
   * @throws NotFound (404), ChangedMeanwhile (412), RedisUnavailable (503)
   */
  async setNotice(
    queueId: string,
    notice: Notice | null,
    expected?: string[],
  ): Promise<{ isChange: boolean; before: Notice | null; tag: string }> {
    this.roomOf(queueId);
    const { outcome, before } = await this.boards.writeNotice(queueId, notice, expected);
    if (outcome === 'CHANGED') throw new ChangedMeanwhile(`The notice of queue ${queueId}`);
    await this.refreshBoard(queueId);
    return { isChange: outcome === 'DONE', before, tag: tagOfNotice(notice) };
  }

  /** Band of real waits relative to the estimates of this process; undefined: too few are known. */
  etaBand(queueId: string): EtaBand['range'] {
    return this.queues.get(queueId)?.band.range;
  }

  private make(room: WaitingRoom, { board, band }: QueueBoard): StatusAnswer {
    const { headSeq, issued, nowMs, presence } = room.snapshot;
    const secondsAt = (distance: number): number => {
      const eta = room.etaAt(presence.countBetween(headSeq, headSeq + distance) + 1);
      return eta.isMeasured ? eta.seconds : 0;
    };
    band.served(headSeq, nowMs);
    band.predict({ headSeq, issued, nowMs }, secondsAt);
    const report = reportOf(room, board, this.standingOf(room, board), band, this.reading);
    const longestMs = Math.max(...report.pace.map(({ presenceAfterMs }) => presenceAfterMs));
    room.recordPollInterval(longestMs * (1 + JITTER)); // a client that follows the pace is never passed over
    return { json: JSON.stringify(report) };
  }

  /** How a queue stands, and the chance of a position. No I/O. */
  standing(room: WaitingRoom, position: number): Standing & { chance: Chance | null } {
    const { board } = this.queueOf(room.queueId);
    return { ...this.standingOf(room, board), chance: chanceAt(board.sale.chances, position) };
  }

  private standingOf(room: WaitingRoom, board: Board): Standing {
    return standingOf(room, board, (at) => {
      if (this.written?.atMs !== at.getTime())
        this.written = { atMs: at.getTime(), text: this.displayTime.withOffset(at) };
      return this.written.text;
    });
  }

  private roomOf(queueId: string): WaitingRoom {
    const room = this.rooms.find(queueId);
    if (room === undefined) throw new NotFound(`Queue ${queueId}`);
    return room;
  }

  private queueOf(queueId: string): QueueBoard {
    const known = this.queues.get(queueId);
    if (known !== undefined) return known;
    const made: QueueBoard = { board: EMPTY_BOARD, gen: null, band: new EtaBand(), madeOf: undefined };
    this.queues.set(queueId, made);
    return made;
  }
}

function chanceAt(chances: Chances | undefined, position: number): Chance | null {
  if (chances === undefined || position < 1) return null;
  if (position <= chances.likelyUpTo) return 'likely';
  return position <= chances.possibleUpTo ? 'possible' : 'unlikely';
}
