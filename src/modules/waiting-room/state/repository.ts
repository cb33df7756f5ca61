import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../../platform/database/database';
import type { Draw } from '../opening/draws';
import type { OpeningState } from '../opening/state';
import { HISTORY_SIZE, historyOf } from './generation';
import type { QueueProgress } from './results';

const FIND = 'SELECT issued, serving AS headSeq, gen FROM queue_state WHERE queue_id = ?';

/** The opening, with its pending or running draw. */
const OPENING = `
  SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', o.opens_at) DIV 1000 AS opensAtMs, d.first_seq AS firstSeq, d.last_seq AS lastSeq,
         o.mode = 'draw' AND o.opens_at IS NOT NULL AND d.drawn_at IS NULL AS isDrawing
    FROM queue_opening o LEFT JOIN queue_draw d ON d.queue_id = o.queue_id AND d.number = o.number
   WHERE o.queue_id = ?`;

const DRAWS = `SELECT first_seq AS firstSeq, last_seq AS lastSeq, seed FROM queue_draw
                WHERE queue_id = ? AND drawn_at IS NOT NULL ORDER BY number`;

/** Progress only ever grows: a late or stale save changes nothing. */
const SAVE = `INSERT INTO queue_state (queue_id, issued, serving, gen) VALUES (?, ?, ?, ?)
              ON DUPLICATE KEY UPDATE issued  = GREATEST(issued, VALUES(issued)),
                                      serving = GREATEST(serving, VALUES(serving)),
                                      gen     = GREATEST(gen, VALUES(gen))`;

/** Sales of the last `?` seconds by the index over queue and time, page by page. */
const PAID_SINCE = `SELECT id, queue_seq AS seq, created_at AS paidAt FROM payment
                     WHERE queue_id = ? AND created_at >= GREATEST(?, NOW(3) - INTERVAL ? SECOND)
                       AND (created_at > ? OR id > ?)
                       AND queue_generation >= ? AND queue_generation < ?
                     ORDER BY created_at, id LIMIT ?`;
const SALES_PER_PAGE = 5000;

interface OpeningRow {
  opensAtMs: number | string | null;
  isDrawing: 0 | 1;
  firstSeq: number | null;
  lastSeq: number | null;
}

/** What the database keeps of each queue, for when Redis loses it: progress, opening, and which sessions have ended. */
@scoped(Lifecycle.ContainerScoped)
export class QueueRepository {
  constructor(private readonly database: Database) {}

  async find(queueId: string): Promise<QueueProgress | undefined> {
    const [row] = await this.database.query<QueueProgress>(FIND, [queueId]);
    return row;
  }

  /** The queue's opening; undefined: this process cannot know it. */
  async opening(queueId: string): Promise<OpeningState | undefined> {
    const [openings, draws] = [
      await this.database.query<OpeningRow>(OPENING, [queueId]),
      await this.database.query<Draw>(DRAWS, [queueId]),
    ];
    const [row] = openings;
    if (row === undefined) return { opensAtMs: 0, isDrawing: false, cut: undefined, draws };
    const { opensAtMs, isDrawing, firstSeq, lastSeq } = row;
    const cut = firstSeq === null || lastSeq === null ? undefined : { firstSeq, lastSeq };
    return { opensAtMs: Number(opensAtMs ?? 0), isDrawing: isDrawing === 1, cut, draws };
  }

  async save(queueId: string, { issued, headSeq, gen }: QueueProgress): Promise<void> {
    await this.database.execute(SAVE, [queueId, issued, headSeq, gen]);
  }

  /** The seqs that have paid in this history within the last `seconds`, in pages. */
  async *paidSince(queueId: string, gen: number, seconds: number): AsyncGenerator<number[]> {
    const firstGen = historyOf(gen);
    let [since, lastId] = [new Date(0), 0];
    for (;;) {
      const page = await this.database.query<{ id: number; seq: number; paidAt: Date }>(PAID_SINCE, [
        queueId,
        since,
        seconds,
        since,
        lastId,
        firstGen,
        firstGen + HISTORY_SIZE,
        SALES_PER_PAGE,
      ]);
      yield page.map(({ seq }) => seq);
      const last = page.at(-1);
      if (last === undefined || page.length < SALES_PER_PAGE) return;
      [since, lastId] = [last.paidAt, last.id];
    }
  }
}
