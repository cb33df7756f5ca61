import { inject, Lifecycle, scoped } from 'tsyringe';
import { NotFound } from '../../../common/errors';
import { DisplayTime } from '../../../common/calendar/display-time';
import { CONFIG, type Config } from '../../../config/config';
import { Database, type ModelTransaction } from '../../../platform/database/database';
import { commitmentOf } from '../../waiting-room/opening/beacon';
import { type DrawRow, type Opening, OpeningRepository } from '../../waiting-room/opening/repository';
import { type Actor, AuditRepository } from '../audit/repository';
import { Contradiction, type ExpectedVersions, refuseEdited, WrongState } from '../errors';
import type { Versioned } from '../programme/concert-service';
import { ProgrammeRepository } from '../programme/repository';
import type { OpeningInput, OpeningView } from './schema';

/** When queues open and how their order is made, for organizers; each act is in the audit. */
@scoped(Lifecycle.ContainerScoped)
export class OpeningAdminService {
  private readonly queueIds: Set<string>;

  constructor(
    private readonly database: Database,
    private readonly openings: OpeningRepository,
    private readonly programme: ProgrammeRepository,
    private readonly audit: AuditRepository,
    private readonly displayTime: DisplayTime,
    @inject(CONFIG) config: Config,
  ) {
    this.queueIds = new Set([config.QUEUE_ID, ...config.QUEUES.keys()]);
  }

  /** @throws NotFound (404) */
  async find(queueId: string): Promise<Versioned<OpeningView>> {
    this.checkQueue(queueId);
    return this.database.modelTransaction(async (tx) => {
      const opening = await this.openings.find(queueId, tx);
      return { view: await this.viewOf(tx, opening), version: opening.version };
    });
  }

  /**
   * Sets the opening. While a draw is under way it can only be given up for the order of arrival; after an opening has
   * taken effect the next one begins.
   * @throws NotFound (404), EditedMeanwhile (412), Contradiction (400), WrongState (409)
   */
  async set(
    actor: Actor,
    queueId: string,
    expected: ExpectedVersions,
    { reason, ...input }: OpeningInput,
  ): Promise<Versioned<OpeningView>> {
    this.checkQueue(queueId);
    return this.database.modelTransaction(async (tx) => {
      const opening = await this.openings.lock(tx, queueId);
      refuseEdited(`The opening of queue ${queueId}`, opening.version, expected);
      const now = await this.programme.now(tx);
      const next = nextOpening(
        opening,
        await this.openings.findDraw(queueId, opening.number, tx),
        input,
        now,
      );
      const before = await this.viewOf(tx, opening);
      await this.openings.save(tx, next);
      const view = await this.viewOf(tx, next);
      const what = { act: 'queue.opening', subject: `queue:${queueId}`, reason, before, after: view };
      await this.audit.append(tx, actor, what);
      return { view, version: next.version };
    });
  }

  /** Before the registration closes. @throws NotFound (404), WrongState (409) */
  async commit(actor: Actor, queueId: string, hash: string, reason?: string): Promise<OpeningView> {
    return this.act(actor, queueId, 'commit', { hash }, reason, async (tx, opening) => {
      if (opening.opensAt === null || (await this.programme.now(tx)) >= opening.opensAt)
        throw new WrongState('The registration has closed: nobody can commit any more.');
      if (!(await this.openings.commit(tx, opening, actor.name, hash)))
        throw new WrongState('You have committed already.');
    });
  }

  /** After the registration has closed and its root is written. @throws NotFound (404), Contradiction (400), WrongState (409) */
  async reveal(actor: Actor, queueId: string, secret: string, reason?: string): Promise<OpeningView> {
    return this.act(actor, queueId, 'reveal', { secret }, reason, async (tx, opening) => {
      if ((await this.openings.findDraw(queueId, opening.number, tx)) === undefined)
        throw new WrongState('The registration has not closed: keep your secret until it has.');
      const all = await this.openings.commitments(queueId, opening.number, tx);
      const own = all.find(({ operator }) => operator === actor.name);
      if (own === undefined) throw new WrongState('You have not committed to this draw.');
      if (own.hash !== commitmentOf(secret))
        throw new Contradiction('secret: its SHA-256 is not what you committed to.');
      if (!(await this.openings.reveal(tx, opening, actor.name, secret)) && own.secret !== secret)
        throw new WrongState('You have revealed already.');
    });
  }

  private async act(
    actor: Actor,
    queueId: string,
    name: string,
    sent: object,
    reason: string | undefined,
    work: (tx: ModelTransaction, opening: Opening) => Promise<void>,
  ): Promise<OpeningView> {
    this.checkQueue(queueId);
    return this.database.modelTransaction(async (tx) => {
      const opening = await this.openings.lock(tx, queueId);
      if (opening.mode !== 'draw' || opening.drandChain !== null)
        throw new WrongState('This opening has no draw for which operators commit.');
      await work(tx, opening);
      const what = { act: `queue.draw.${name}`, subject: `queue:${queueId}`, reason };
      await this.audit.append(tx, actor, { ...what, after: { number: opening.number, ...sent } });
      return this.viewOf(tx, opening);
    });
  }

  private async viewOf(tx: ModelTransaction, opening: Opening): Promise<OpeningView> {
    const { queueId, number, opensAt, mode, drandChain, drandRound } = opening;
    const commitments = await this.openings.commitments(queueId, number, tx);
    const draw = await this.openings.findDraw(queueId, number, tx);
    return {
      queueId,
      number,
      mode,
      draw: mode === 'fifo' ? 'none' : stageOf(draw),
      opensAt: opensAt && this.displayTime.withOffset(opensAt),
      drand: drandChain === null || drandRound === null ? null : { chain: drandChain, round: drandRound },
      commitments: commitments.map(({ operator, hash, secret }) => ({
        operator,
        hash,
        isRevealed: secret !== null,
      })),
    };
  }

  private checkQueue(queueId: string): void {
    if (!this.queueIds.has(queueId)) throw new NotFound(`Queue ${queueId}`);
  }
}

function stageOf(draw: DrawRow | undefined): OpeningView['draw'] {
  if (draw === undefined) return 'registration';
  return draw.drawnAt === null ? 'closed' : 'drawn';
}

/** The opening after an edit. @throws Contradiction (400), WrongState (409) */
function nextOpening(
  was: Opening,
  draw: DrawRow | undefined,
  { opensAt, mode, drand = null }: Omit<OpeningInput, 'reason'>,
  now: Date,
): Opening {
  if (mode === 'fifo' && drand !== null) throw new Contradiction('drand: only a draw has a beacon.');
  if (mode === 'draw' && opensAt === null) throw new Contradiction('opensAt: a draw needs a time.');
  const next = {
    queueId: was.queueId,
    mode,
    opensAt: opensAt === null ? null : new Date(opensAt),
    drandChain: drand?.chain ?? null,
    drandRound: drand?.round ?? null,
    version: was.version + 1,
  };
  const hasOpened = was.opensAt === null || was.opensAt <= now;
  const isUnderWay = was.mode === 'draw' && hasOpened && draw?.drawnAt == null;
  if (isUnderWay) {
    if (mode === 'draw')
      throw new WrongState('The registration has closed: the draw can only be given up (mode fifo).');
    if (draw?.seed != null) throw new WrongState('The draw is made: it cannot be given up any more.');
    return { ...next, number: was.number };
  }
  if (mode === 'draw' && next.opensAt !== null && next.opensAt <= now)
    throw new Contradiction('opensAt: a draw must be in the future.');
  const isSameDraw =
    mode === was.mode && next.drandChain === was.drandChain && next.drandRound === was.drandRound;
  return { ...next, number: hasOpened || !isSameDraw ? was.number + 1 : was.number };
}
