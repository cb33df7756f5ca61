import { createHash } from 'node:crypto';
import { inject, Lifecycle, scoped } from 'tsyringe';
import { forAll } from '../../../common/for-all';
import { leafHash } from '../../../common/merkle/hash';
import { GrowingTree } from '../../../common/merkle/tree';
import { CONFIG, type Config } from '../../../config/config';
import { Database } from '../../../platform/database/database';
import { Lease } from '../../../platform/database/lease';
import { LOGGER, type Logger } from '../../../platform/observability/logger';
import { WaitingRoomMetrics } from '../metrics';
import { WaitingRoomRegistry } from '../registry';
import { QueueRepository } from '../state/repository';
import { TokenCodec } from '../tokens/token';
import type { WaitingRoom } from '../waiting-room';
import { BeaconRefused, drandBeacon, drandNode, revealedBeacon } from './beacon';
import { readDraws } from './draws';
import { registrantLeaf, seedOf } from './registration';
import { type DrawRow, type Opening, OpeningRepository } from './repository';

/** Entrants that are written down in one statement. */
const ENTRANTS_PER_STATEMENT = 1000;
/** Most statements of one turn, so that other queues get theirs. */
const STATEMENTS_PER_TURN = 50;
const REGISTRANTS_PER_PAGE = 10_000;

/**
 * Puts the openings of all queues in force, and makes their draws, one step after the other:
 *
 *   registration ──▶ closed (root of all tokens) ──▶ beacon known (seed) ──▶ drawn (new numbers in force)
 *
 * Each step is written in the database before the next one begins, follows from what is written, and may be repeated:
 * the next worker goes on from there, with the same result. One worker at a time, by lease.
 */
@scoped(Lifecycle.ContainerScoped)
export class OpeningJob {
  private readonly lease: Lease;
  /** The last message logged for each queue, so that each step is logged once. */
  private readonly said = new Map<string, string>();

  constructor(
    private readonly database: Database,
    private readonly rooms: WaitingRoomRegistry,
    private readonly queues: QueueRepository,
    private readonly openings: OpeningRepository,
    private readonly tokens: TokenCodec,
    private readonly metrics: WaitingRoomMetrics,
    @inject(CONFIG) private readonly config: Config,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    this.lease = new Lease(database, `openings of ${config.QUEUE_ID}`);
  }

  /** @throws DatabaseUnavailable, RedisUnavailable */
  async turn(): Promise<void> {
    if (!(await this.lease.hold())) return;
    await forAll(this.rooms.all, (room) => this.follow(room));
  }

  async stop(): Promise<void> {
    await this.lease.release();
  }

  private async follow(room: WaitingRoom): Promise<void> {
    const askedAtMs = room.snapshot.nowMs;
    const opening = await this.openings.find(room.queueId);
    if (opening.version === 0) return; // nobody has ever set one
    const state = await this.queues.opening(room.queueId);
    if (state === undefined) return;
    const inForce = await room.opening.apply(state, askedAtMs);
    if (inForce === 'late') return; // the next turn asks again
    const { cut, draws } = inForce;
    const isAhead = readDraws(draws).length > state.draws.length;
    if (!state.isDrawing) return;
    const isWritten = await this.writeEntrants(room, opening.number);
    if (isAhead) await this.finish(await this.openings.findDraw(room.queueId, opening.number));
    else if (cut === undefined) this.say(room, 'draw: registration', opening);
    if (isAhead || cut === undefined) return;
    if (!isWritten) return; // the next turn goes on
    const draw = await this.closed(opening, cut);
    if (draw !== undefined) await this.draw(room, opening, draw);
  }

  /** Writes down who takes part. @returns whether all are */
  private async writeEntrants(room: WaitingRoom, number: number): Promise<boolean> {
    for (let i = 0; i < STATEMENTS_PER_TURN; i++) {
      const entrants = await room.opening.entrants(ENTRANTS_PER_STATEMENT);
      if (entrants.length === 0) return true;
      const registrants = entrants.map((entry) => {
        const token = this.tokens.sign({ ...entry, queueId: room.queueId }, room.tokenLifeMs);
        return { seq: entry.seq, tokenHash: createHash('sha256').update(token).digest() };
      });
      await this.openings.register(room.queueId, number, registrants);
      if (!(await room.opening.dropEntrants(entrants))) continue;
      this.metrics.drawRegistrants.inc({ queue: room.queueId }, entrants.length);
    }
    return false;
  }

  /** The draw with the root over all who take part: written once. */
  private async closed(
    { queueId, number, opensAt }: Opening,
    cut: { firstSeq: number; lastSeq: number },
  ): Promise<DrawRow | undefined> {
    const known = await this.openings.findDraw(queueId, number);
    if (known !== undefined || opensAt === null) return known;
    const tree = new GrowingTree();
    for (let after = cut.firstSeq; ;) {
      const page = await this.openings.registrants(
        { queueId, number },
        after,
        cut.lastSeq,
        REGISTRANTS_PER_PAGE,
      );
      for (const { seq, tokenHash } of page) tree.append(leafHash(registrantLeaf(seq, tokenHash)));
      const last = page.at(-1);
      if (last === undefined || page.length < REGISTRANTS_PER_PAGE) break;
      after = last.seq;
    }
    const root = tree.root().toString('hex');
    await this.openings.close({ queueId, number, opensAt, ...cut, registered: tree.size, root });
    return this.openings.findDraw(queueId, number);
  }

  private async draw(room: WaitingRoom, opening: Opening, draw: DrawRow): Promise<void> {
    const { queueId, number } = draw;
    if (draw.seed === null) {
      const beacon = await this.beacon(room, opening, draw);
      if (beacon === undefined) {
        this.say(room, 'draw: waits for its beacon', opening);
        return;
      }
      if (!(await this.decide(draw, beacon))) return;
    }
    const seeded = await this.openings.findDraw(queueId, number);
    if (seeded?.seed == null) return;
    const { firstSeq, lastSeq, seed } = seeded;
    const earlier = (await this.queues.opening(queueId))?.draws ?? [];
    await room.opening.draw([...earlier, { firstSeq, lastSeq, seed }]);
    await this.finish(seeded);
  }

  /** The draw is made: from now on it cannot be given up. @returns false: it was given up meanwhile */
  private async decide(draw: DrawRow, beacon: string): Promise<boolean> {
    const { queueId, number, root } = draw;
    return this.database.transaction(async (tx) => {
      const opening = await this.openings.lock(tx, queueId);
      if (opening.mode !== 'draw' || opening.number !== number) return false;
      await this.openings.setSeed(tx, draw, beacon, seedOf({ queueId, number, root, beacon }));
      return true;
    });
  }

  private async finish(draw: DrawRow | undefined): Promise<void> {
    if (draw === undefined) return;
    await this.openings.setDrawn(draw);
    this.metrics.draws.inc({ queue: draw.queueId });
    const { queueId, number, firstSeq, lastSeq, root, seed } = draw;
    this.logger.info({ queueId, number, firstSeq, lastSeq, root, seed }, 'the order of a queue is drawn');
  }

  /** The beacon's text; undefined: it is not known yet. */
  private async beacon(
    { snapshot }: WaitingRoom,
    opening: Opening,
    { opensAt }: DrawRow,
  ): Promise<string | undefined> {
    const { queueId, number, drandChain, drandRound } = opening;
    if (drandChain === null || drandRound === null)
      return revealedBeacon(await this.openings.commitments(queueId, number));
    try {
      return await drandBeacon(
        drandNode(this.config.DRAW_DRAND_URL),
        { chain: drandChain, round: drandRound },
        { closesAtMs: opensAt.getTime(), nowMs: snapshot.nowMs },
      );
    } catch (err) {
      const what =
        err instanceof BeaconRefused ? 'draw: its beacon is refused' : 'draw: its beacon cannot be read';
      const text = `${number} ${what}`;
      if (this.said.get(queueId) !== text) this.logger.error({ err, queueId }, what);
      this.said.set(queueId, text);
      return undefined;
    }
  }

  private say({ queueId }: WaitingRoom, what: string, { number, opensAt }: Opening): void {
    const text = `${number} ${what}`;
    if (this.said.get(queueId) === text) return;
    this.said.set(queueId, text);
    this.logger.info({ queueId, number, opensAt }, what);
  }
}
