import { Lifecycle, scoped } from 'tsyringe';
import { Database, type SqlExecutor } from '../../../platform/database/database';

export type OpeningMode = 'fifo' | 'draw';

/** A queue's opening, as an organizer has set it. */
export interface Opening {
  queueId: string;
  /** Counts the openings of a queue. */
  number: number;
  /** null: it is open. */
  opensAt: Date | null;
  mode: OpeningMode;
  /** The beacon of the draw: a round of a chain; null: operators commit and reveal. */
  drandChain: string | null;
  drandRound: number | null;
  version: number;
}

export interface Commitment {
  operator: string;
  /** SHA-256 of the secret, hex. */
  hash: string;
  /** null: not revealed yet. */
  secret: string | null;
}

/** A draw from the moment on when its registration has closed. */
export interface DrawRow {
  queueId: string;
  number: number;
  firstSeq: number;
  lastSeq: number;
  opensAt: Date;
  registered: number;
  /** Hex. */
  root: string;
  /** null until the beacon is known. */
  beacon: string | null;
  seed: string | null;
  closedAt: Date;
  /** null until the new numbers are in force. */
  drawnAt: Date | null;
}

export interface Registrant {
  seq: number;
  tokenHash: Buffer;
}

const OPENING = `queue_id AS queueId, number, opens_at AS opensAt, mode, drand_chain AS drandChain,
                 drand_round AS drandRound, version`;
const FIND = `SELECT ${OPENING} FROM queue_opening WHERE queue_id = ?`;
/** A lock of a row that is not there would lock nothing: two operators who set the first opening would both be right. */
const MAKE = `INSERT INTO queue_opening (queue_id, number, opens_at, mode, version) VALUES (?, ?, ?, ?, ?)
              ON DUPLICATE KEY UPDATE queue_id = queue_id`;
const SAVE = `
  INSERT INTO queue_opening (queue_id, number, opens_at, mode, drand_chain, drand_round, version)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON DUPLICATE KEY UPDATE number = VALUES(number), opens_at = VALUES(opens_at), mode = VALUES(mode),
    drand_chain = VALUES(drand_chain), drand_round = VALUES(drand_round), version = VALUES(version)`;

const COMMITMENTS = `SELECT operator, hash, secret FROM queue_commitment
                      WHERE queue_id = ? AND number = ? ORDER BY created_at, operator`;
const COMMIT = 'INSERT IGNORE INTO queue_commitment (queue_id, number, operator, hash) VALUES (?, ?, ?, ?)';
const REVEAL = `UPDATE queue_commitment SET secret = ?
                 WHERE queue_id = ? AND number = ? AND operator = ? AND secret IS NULL`;

const DRAW = `queue_id AS queueId, number, first_seq AS firstSeq, last_seq AS lastSeq, opens_at AS opensAt, registered,
              root, beacon, seed, closed_at AS closedAt, drawn_at AS drawnAt`;
const DRAWS = `SELECT ${DRAW} FROM queue_draw WHERE queue_id = ? ORDER BY number`;
const FIND_DRAW = `SELECT ${DRAW} FROM queue_draw WHERE queue_id = ? AND number = ?`;
/** The registration closes once; the first worker that writes it down decides. */
const CLOSE = `
  INSERT IGNORE INTO queue_draw (queue_id, number, first_seq, last_seq, opens_at, registered, root)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;
const SET_SEED = `UPDATE queue_draw SET beacon = ?, seed = ? WHERE queue_id = ? AND number = ? AND seed IS NULL`;
const SET_DRAWN = `UPDATE queue_draw SET drawn_at = NOW(3)
                    WHERE queue_id = ? AND number = ? AND drawn_at IS NULL AND seed IS NOT NULL`;

const REGISTER = `
  INSERT IGNORE INTO queue_registrant (queue_id, number, seq, token_hash)
  SELECT ?, ?, q.seq, UNHEX(q.hash)
    FROM JSON_TABLE(?, '$[*]' COLUMNS (seq BIGINT UNSIGNED PATH '$[0]', hash CHAR(64) CHARACTER SET ascii PATH '$[1]')) q`;
const REGISTRANTS = `
  SELECT seq, token_hash AS tokenHash FROM queue_registrant
   WHERE queue_id = ? AND number = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`;

/** Openings of queues and their draws. What was drawn is never changed. */
@scoped(Lifecycle.ContainerScoped)
export class OpeningRepository {
  constructor(private readonly database: Database) {}

  /** One that nobody has set is open. */
  async find(queueId: string, on: SqlExecutor = this.database): Promise<Opening> {
    const [row] = await on.query<Opening>(FIND, [queueId]);
    return row ?? unset(queueId);
  }

  /** Locks the opening until the transaction ends; makes the row of one that nobody has set. */
  async lock(tx: SqlExecutor, queueId: string): Promise<Opening> {
    const { number, opensAt, mode, version } = unset(queueId);
    await tx.execute(MAKE, [queueId, number, opensAt, mode, version]);
    const [row] = await tx.query<Opening>(`${FIND} FOR UPDATE`, [queueId]);
    return row ?? unset(queueId);
  }

  async save(tx: SqlExecutor, opening: Opening): Promise<void> {
    const { queueId, number, opensAt, mode, drandChain, drandRound, version } = opening;
    await tx.execute(SAVE, [queueId, number, opensAt, mode, drandChain, drandRound, version]);
  }

  /** In the order in which they were made. */
  async commitments(queueId: string, number: number, on: SqlExecutor = this.database): Promise<Commitment[]> {
    return on.query<Commitment>(COMMITMENTS, [queueId, number]);
  }

  /** @returns false: the operator has committed before */
  async commit(
    tx: SqlExecutor,
    { queueId, number }: Opening,
    operator: string,
    hash: string,
  ): Promise<boolean> {
    return (await tx.execute(COMMIT, [queueId, number, operator, hash])).affectedRows === 1;
  }

  /** @returns false: it was revealed before */
  async reveal(
    tx: SqlExecutor,
    { queueId, number }: Opening,
    operator: string,
    secret: string,
  ): Promise<boolean> {
    return (await tx.execute(REVEAL, [secret, queueId, number, operator])).affectedRows === 1;
  }

  /** All draws of a queue whose registration has closed, oldest first. */
  async draws(queueId: string): Promise<DrawRow[]> {
    return this.database.query<DrawRow>(DRAWS, [queueId]);
  }

  async findDraw(
    queueId: string,
    number: number,
    on: SqlExecutor = this.database,
  ): Promise<DrawRow | undefined> {
    const [row] = await on.query<DrawRow>(FIND_DRAW, [queueId, number]);
    return row;
  }

  /** Writes down that the registration has closed, unless that is written already. */
  async close(
    draw: Pick<DrawRow, 'queueId' | 'number' | 'firstSeq' | 'lastSeq' | 'opensAt' | 'registered' | 'root'>,
  ): Promise<void> {
    const { queueId, number, firstSeq, lastSeq, opensAt, registered, root } = draw;
    await this.database.execute(CLOSE, [queueId, number, firstSeq, lastSeq, opensAt, registered, root]);
  }

  /** The first seed stays. */
  async setSeed(tx: SqlExecutor, { queueId, number }: DrawRow, beacon: string, seed: string): Promise<void> {
    await tx.execute(SET_SEED, [beacon, seed, queueId, number]);
  }

  async setDrawn({ queueId, number }: DrawRow): Promise<void> {
    await this.database.execute(SET_DRAWN, [queueId, number]);
  }

  /** Writes down who takes part, once each. */
  async register(queueId: string, number: number, registrants: Registrant[]): Promise<void> {
    const rows = registrants.map(({ seq, tokenHash }) => [seq, tokenHash.toString('hex')]);
    await this.database.execute(REGISTER, [queueId, number, JSON.stringify(rows)]);
  }

  /** The next ones of (afterSeq, lastSeq], by seq. */
  async registrants(
    { queueId, number }: { queueId: string; number: number },
    afterSeq: number,
    lastSeq: number,
    limit: number,
  ): Promise<Registrant[]> {
    return this.database.query<Registrant>(REGISTRANTS, [queueId, number, afterSeq, lastSeq, limit]);
  }
}

const unset = (queueId: string): Opening => ({
  queueId,
  number: 0,
  opensAt: null,
  mode: 'fifo',
  drandChain: null,
  drandRound: null,
  version: 0,
});
