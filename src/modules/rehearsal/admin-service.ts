import { inject, Lifecycle, scoped } from 'tsyringe';
import { DisplayTime } from '../../common/calendar/display-time';
import { Conflict, NotFound } from '../../common/errors';
import { CONFIG, type Config } from '../../config/config';
import { Database, type ModelTransaction, type SqlExecutor } from '../../platform/database/database';
import { type Act, type Actor, AuditRepository } from '../organizer/audit/repository';
import type { PageQuery } from '../organizer/paging';
import { WaitingRoomRegistry } from '../waiting-room/registry';
import type { WaitingRoom } from '../waiting-room/waiting-room';
import { RehearsalPasses } from './passes';
import { queueInUseText, underWayText } from './refusals';
import { type RehearsalRow, RehearsalRequests, wantedOf } from './requests';
import { RunnerLock } from './runner-lock';
import { RehearsalOutcome, type RehearsalState, type RehearsalRequest, type RehearsalView } from './schema';

/** Rehearsals for operators, who ask for them. A runner with k6 and the owner's account does them. */
@scoped(Lifecycle.ContainerScoped)
export class RehearsalAdminService {
  constructor(
    private readonly requests: RehearsalRequests,
    private readonly passes: RehearsalPasses,
    private readonly rooms: WaitingRoomRegistry,
    private readonly database: Database,
    private readonly audit: AuditRepository,
    private readonly displayTime: DisplayTime,
    @inject(CONFIG) private readonly config: Config,
  ) {}

  /** The newest first. */
  async list({ before }: PageQuery): Promise<RehearsalView[]> {
    return (await this.requests.list(before)).map((row) => this.viewOf(row));
  }

  /** @throws NotFound (404): no such queue; Conflict (409): another one waits or runs, or somebody is in the queue */
  async request(actor: Actor, { reason, ...wanted }: RehearsalRequest): Promise<RehearsalView> {
    const room = this.rooms.find(wanted.queueId);
    if (room === undefined) throw new NotFound(`Queue ${wanted.queueId}`);
    if (room === this.rooms.main)
      throw new Conflict('Buyers are in the main queue: a rehearsal needs another one of QUEUES.');
    if ((await this.requests.underWay()) !== undefined) throw await this.underWay(this.database); // its users may be in the queue
    await this.demandEmpty(room);
    return this.database.modelTransaction(async (tx) => {
      const id = await this.requests.request(wanted, actor.name, tx);
      if (id === undefined) throw await this.underWay(tx);
      await this.write(tx, actor, { act: 'request', id, reason, after: wanted });
      return this.view(id, tx);
    });
  }

  /** Canceled again it answers the same. @throws NotFound (404), Conflict (409): it has begun */
  async cancel(actor: Actor, id: number, reason: string): Promise<RehearsalView> {
    return this.database.modelTransaction(async (tx) => {
      const isChange = await this.requests.cancel(id, tx);
      const view = await this.view(id, tx);
      if (view.state !== 'CANCELED') throw new Conflict(`Rehearsal ${id} has begun: it is ${view.state}.`);
      if (isChange) await this.write(tx, actor, { act: 'cancel', id, reason, after: { state: view.state } });
      return view;
    });
  }

  /** @throws Conflict (409): it is not under way */
  async pass(actor: Actor, id: number): Promise<{ pass: string; expiresInSeconds: number }> {
    const issued = await this.passes.issue(id);
    const { expiresInSeconds } = issued;
    await this.database.modelTransaction((tx) =>
      this.write(tx, actor, { act: 'pass', id, after: { expiresInSeconds } }),
    );
    return issued;
  }

  /** Users of the rehearsal before stay active until they have been idle for long enough, or their holds end. */
  private async demandEmpty({ queueId, snapshot }: WaitingRoom): Promise<void> {
    if (snapshot.active + snapshot.waiting === 0) return;
    const last = await this.requests.lastOf(queueId);
    const {
      QUEUE_IDLE_TIMEOUT_SECONDS: idle,
      QUEUE_SESSION_SECONDS: session,
      HOLD_SECONDS: hold,
    } = this.config;
    const leaveMs = 1000 * Math.max(idle > 0 ? idle : session, hold);
    const freeAt = last?.endedAt && new Date(last.endedAt.getTime() + leaveMs);
    const isOfLast = freeAt && freeAt.getTime() > snapshot.nowMs;
    throw new Conflict(
      isOfLast
        ? queueInUseText(queueId, snapshot, last, { textOf: this.textOf, freeAt })
        : queueInUseText(queueId, snapshot, undefined, { textOf: this.textOf }),
    );
  }

  private async underWay(on: SqlExecutor): Promise<Conflict> {
    const lockedUntil = await new RunnerLock(on).heldByAnotherUntil();
    return new Conflict(underWayText(await this.requests.underWay(on), lockedUntil, this.textOf));
  }

  private readonly textOf = (at: Date): string => this.displayTime.withOffset(at);

  private async write(
    tx: ModelTransaction,
    actor: Actor,
    { act, id, ...states }: { act: string; id: number } & Pick<Act, 'reason' | 'after'>,
  ): Promise<void> {
    await this.audit.append(tx, actor, { act: `rehearsal.${act}`, subject: `rehearsal:${id}`, ...states });
  }

  private async view(id: number, on: SqlExecutor): Promise<RehearsalView> {
    const row = await this.requests.find(id, on);
    if (row === undefined) throw new NotFound(`Rehearsal ${id}`);
    return this.viewOf(row);
  }

  private viewOf(row: RehearsalRow): RehearsalView {
    const at = (time: Date | null): string | null => time && this.textOf(time);
    return {
      ...wantedOf(row),
      seats: row.seats,
      waitMinutes: row.waitMinutes,
      state: stateOf(row),
      requestedBy: row.requestedBy,
      requestedAt: this.textOf(row.requestedAt),
      startedAt: at(row.startedAt),
      endedAt: at(row.endedAt),
      outcome: row.outcome === null ? null : RehearsalOutcome.parse(JSON.parse(row.outcome)),
      failure: row.failure,
    };
  }
}

/** Rehearsals of earlier versions have ended without an outcome. */
function stateOf({ startedAt, endedAt, failure }: RehearsalRow): RehearsalState {
  if (startedAt === null) return endedAt === null ? 'WAITING' : 'CANCELED';
  if (endedAt === null) return 'RUNNING';
  return failure === null ? 'DONE' : 'FAILED';
}
