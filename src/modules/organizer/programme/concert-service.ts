import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../../config/config';
import { Database } from '../../../platform/database/database';
import type { Concert } from '../../catalog/models';
import { type Actor, AuditRepository } from '../audit/repository';
import { Contradiction, type ExpectedVersions, refuseEdited } from '../errors';
import type { PageQuery } from '../paging';
import { ProgrammeRepository } from './repository';
import type { ConcertInput, ConcertPatch, ConcertView } from './schema';

/** A thing with the version that an edit of it names. */
export interface Versioned<T> {
  view: T;
  version: number;
}

/** Concerts, for their organizer: each act is in the audit. */
@scoped(Lifecycle.ContainerScoped)
export class ConcertAdminService {
  private readonly queueIds: Set<string>;

  constructor(
    private readonly database: Database,
    private readonly programme: ProgrammeRepository,
    private readonly audit: AuditRepository,
    @inject(CONFIG) config: Config,
  ) {
    this.queueIds = new Set([config.QUEUE_ID, ...config.QUEUES.keys()]);
  }

  async list(page: PageQuery): Promise<ConcertView[]> {
    return (await this.programme.listConcerts(page)).map(viewOf);
  }

  /** @throws NotFound (404) */
  async find(id: number): Promise<Versioned<ConcertView>> {
    return this.database.modelTransaction(async (tx) => versioned(await this.programme.findConcert(tx, id)));
  }

  /** @throws Contradiction (400) */
  async create(
    actor: Actor,
    { title, queueId = null, reason }: ConcertInput,
  ): Promise<Versioned<ConcertView>> {
    this.checkQueue(queueId);
    return this.database.modelTransaction(async (tx) => {
      const made = versioned(await this.programme.createConcert(tx, title, queueId));
      const subject = `concert:${made.view.concertId}`;
      await this.audit.append(tx, actor, { act: 'concert.create', subject, reason, after: made.view });
      return made;
    });
  }

  /** @throws NotFound (404), EditedMeanwhile (412), Contradiction (400) */
  async edit(
    actor: Actor,
    id: number,
    expected: ExpectedVersions,
    { title, queueId, reason }: ConcertPatch,
  ): Promise<Versioned<ConcertView>> {
    this.checkQueue(queueId ?? null);
    return this.database.modelTransaction(async (tx) => {
      const concert = await this.programme.lockConcert(tx, id);
      refuseEdited(`Concert ${id}`, concert.version, expected);
      const before = viewOf(concert);
      if (title !== undefined) concert.title = title;
      if (queueId !== undefined) concert.queueId = queueId;
      await concert.save({ transaction: tx.transaction });
      const after = versioned(concert);
      const what = { act: 'concert.edit', subject: `concert:${id}`, reason, before, after: after.view };
      await this.audit.append(tx, actor, what);
      return after;
    });
  }

  private checkQueue(queueId: string | null): void {
    if (queueId === null || this.queueIds.has(queueId)) return;
    throw new Contradiction(
      `queueId: there is no queue ${queueId}, there are ${[...this.queueIds].join(', ')}.`,
    );
  }
}

const viewOf = ({ id, title, queueId }: Concert): ConcertView => ({
  concertId: id,
  title,
  queueId,
});

const versioned = (concert: Concert): Versioned<ConcertView> => ({
  view: viewOf(concert),
  version: concert.version,
});
