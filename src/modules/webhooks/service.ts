import { inject, Lifecycle, scoped } from 'tsyringe';
import { NotFound } from '../../common/errors';
import { CONFIG, type Config } from '../../config/config';
import { Database, type ModelTransaction, type SqlExecutor } from '../../platform/database/database';
import { type Act, type Actor, AuditRepository } from '../organizer/audit/repository';
import { AddressRules } from './delivery/addresses';
import { topicOf, typeOf } from './message';
import { type AttemptRow, backlogOf, DeliveryHistory } from './history';
import { EndpointRepository, type EndpointRow } from './repository';
import { WebhookSecrets } from './secrets';
import { newSecret } from './signature';
import { parseTarget } from './target';

export interface Endpoint extends Omit<EndpointRow, 'topics'> {
  /** Types of events that are sent; undefined: all. */
  types: string[] | undefined;
}

/** With what is to be delivered and what was given up, each counted up to 100,000. */
export interface EndpointState extends Endpoint {
  pending: number;
  failed: number;
}

/** What to send again: one event, all that were given up, or all since a time. */
export type Replay = { eventId: string } | { failed: true } | { since: Date };

/** Who acts, and why. */
export interface By {
  actor: Actor;
  reason?: string | undefined;
}

/** Webhooks as operators manage them: each act is in the audit, no secret is. */
@scoped(Lifecycle.ContainerScoped)
export class WebhookService {
  private readonly rules: AddressRules;

  constructor(
    private readonly database: Database,
    private readonly endpoints: EndpointRepository,
    private readonly history: DeliveryHistory,
    private readonly secrets: WebhookSecrets,
    private readonly audit: AuditRepository,
    @inject(CONFIG) config: Config,
  ) {
    this.rules = new AddressRules(config.WEBHOOK_ALLOWED_NETWORKS);
  }

  /**
   * From now on the endpoint is sent all events, or those of the types. @returns its id and its secret, which is shown
   * this once
   * @throws TargetRefused; NotFound (404): there is no such type
   */
  async add(
    by: By,
    url: string,
    types: readonly string[] = [],
    description = '',
  ): Promise<{ id: number; secret: string }> {
    const target = parseTarget(url, this.rules);
    const topics = types.map((type) => {
      const topic = topicOf(type);
      if (topic === undefined) throw new NotFound(`The type of event ${type}`);
      return topic;
    });
    const secret = newSecret();
    const row = {
      url: target.url.href,
      description,
      topics: topics.length === 0 ? null : topics.join(),
      secret: this.secrets.seal(secret, target.url.href),
    };
    return this.database.modelTransaction(async (tx) => {
      const id = await this.endpoints.add(tx, row);
      await this.write(tx, by, { act: 'add', subject: id, after: stateOf(typed(row)) });
      return { id, secret };
    });
  }

  async list(): Promise<EndpointState[]> {
    const states = [];
    for (const row of await this.endpoints.list(this.database)) {
      const { deliveries: pending } = await backlogOf(this.database, row.id, 'PENDING');
      const { deliveries: failed } = await backlogOf(this.database, row.id, 'FAILED');
      states.push({ ...typed(row), pending, failed });
    }
    return states;
  }

  /**
   * Forgets the endpoint, what was to be delivered to it, and its log. When it ends half done, the endpoint is disabled
   * and may be removed again.
   * @throws NotFound (404)
   */
  async remove(by: By, id: number): Promise<void> {
    await this.database.modelTransaction(async (tx) => {
      const endpoint = await this.find(tx, id);
      if (!(await this.endpoints.disable(tx, id, 'it is being removed'))) throw missing(id);
      await this.write(tx, by, { act: 'remove', subject: id, before: stateOf(endpoint) });
    });
    await this.history.forget(id);
    await this.database.transaction((tx) => this.endpoints.remove(tx, id));
  }

  /**
   * Gives it a new secret, with which calls are signed from now on; for `keepHours` with the old one as well.
   * @throws NotFound (404)
   */
  async rotate(by: By, id: number, keepHours: number): Promise<{ secret: string }> {
    const secret = newSecret();
    return this.database.modelTransaction(async (tx) => {
      const { url } = await this.find(tx, id);
      const sealed = this.secrets.seal(secret, url);
      if (!(await this.endpoints.rotate(tx, id, sealed, keepHours))) throw missing(id);
      await this.write(tx, by, { act: 'rotate', subject: id, after: { keepHours } });
      return { secret };
    });
  }

  /**
   * Stores all secrets as WEBHOOK_ENCRYPTION_KEY has it: encrypted with it, or, without one, as they are.
   * @returns how many webhooks there are
   * @throws SecretUnreadable: then none is changed
   */
  async encrypt(by: By): Promise<number> {
    return this.database.modelTransaction(async (tx) => {
      const all = await this.endpoints.lockSecrets(tx);
      for (const { id, url, secret, previousSecret } of all)
        await this.endpoints.storeSecrets(tx, {
          id,
          url,
          secret: this.secrets.reseal(secret, url),
          previousSecret: previousSecret && this.secrets.reseal(previousSecret, url),
        });
      await this.write(tx, by, { act: 'encrypt', subject: 'all', after: { webhooks: all.length } });
      return all.length;
    });
  }

  /** Calls it again although it was disabled. @throws NotFound (404) */
  async enable(by: By, id: number): Promise<void> {
    await this.database.modelTransaction(async (tx) => {
      const { disabledReason } = await this.find(tx, id);
      await this.endpoints.enable(tx, id);
      await this.write(tx, by, { act: 'enable', subject: id, before: { disabledReason } });
    });
  }

  /** Sends again, with the same ids; what a failure has left is in the audit. @returns how many @throws NotFound (404) */
  async replay(by: By, id: number, what: Replay): Promise<number> {
    await this.find(this.database, id);
    let events = 0;
    const count = (more: number): number => (events += more);
    try {
      if ('eventId' in what) count(await this.history.replayEvent(id, what.eventId));
      else if ('since' in what) await this.history.replaySince(id, what.since, count);
      else await this.history.replayFailed(id, count);
    } finally {
      await this.database.modelTransaction((tx) =>
        this.write(tx, by, { act: 'replay', subject: id, after: { ...what, events } }),
      );
    }
    return events;
  }

  /** The newest calls with their outcomes. @throws NotFound (404) */
  async log(id: number, limit: number): Promise<AttemptRow[]> {
    await this.find(this.database, id);
    return this.history.log(id, limit);
  }

  private async find(on: SqlExecutor, id: number): Promise<Endpoint> {
    const endpoint = (await this.endpoints.list(on)).find((each) => each.id === id);
    if (endpoint === undefined) throw missing(id);
    return typed(endpoint);
  }

  private async write(
    tx: ModelTransaction,
    { actor, reason }: By,
    { act, subject, ...states }: Omit<Act, 'subject'> & { subject: number | 'all' },
  ): Promise<void> {
    const what = { act: `webhook.${act}`, subject: `webhook:${subject}`, reason };
    await this.audit.append(tx, actor, { ...what, ...states });
  }
}

const typed = <Row extends { topics: string | null }>({
  topics,
  ...row
}: Row): Omit<Row, 'topics'> & Pick<Endpoint, 'types'> => ({ ...row, types: topics?.split(',').map(typeOf) });

type State = Pick<Endpoint, 'url' | 'description' | 'types'>;

/** What the audit keeps of an endpoint. */
const stateOf = ({ url, description, types }: State): State => ({ url, description, types });

const missing = (id: number): NotFound => new NotFound(`The webhook ${id}`);
