import { inject, Lifecycle, scoped } from 'tsyringe';
import { NotFound } from '../../common/errors';
import { CONFIG, type Config } from '../../config/config';
import { Database } from '../../platform/database/database';
import { AddressRules } from './delivery/addresses';
import { topicOf, typeOf } from './message';
import { type AttemptRow, EndpointRepository, type EndpointRow } from './repository';
import { WebhookSecrets } from './secrets';
import { newSecret } from './signature';
import { parseTarget } from './target';

export interface Endpoint extends Omit<EndpointRow, 'topics'> {
  /** Types of events that are sent; undefined: all. */
  types: string[] | undefined;
}

export type Attempt = AttemptRow;

/** What to send again: one event, all that were given up, or all since a time. */
export type Replay = { eventId: string } | { failed: true } | { since: Date };

/** Webhooks as operators manage them. */
@scoped(Lifecycle.ContainerScoped)
export class WebhookService {
  private readonly rules: AddressRules;

  constructor(
    private readonly database: Database,
    private readonly endpoints: EndpointRepository,
    private readonly secrets: WebhookSecrets,
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
    return { id: await this.endpoints.add(this.database, row), secret };
  }

  async list(): Promise<Endpoint[]> {
    return (await this.endpoints.list(this.database)).map(({ topics, ...row }) => ({
      ...row,
      types: topics?.split(',').map(typeOf),
    }));
  }

  /** Forgets the endpoint, what was to be delivered to it, and its log. @throws NotFound (404) */
  async remove(id: number): Promise<void> {
    // In a transaction, which is repeated after a deadlock with a worker.
    if (!(await this.database.transaction((tx) => this.endpoints.remove(tx, id)))) throw missing(id);
  }

  /**
   * Gives it a new secret, with which calls are signed from now on; for `keepHours` with the old one as well.
   * @throws NotFound (404)
   */
  async rotate(id: number, keepHours: number): Promise<{ secret: string }> {
    const secret = newSecret();
    const url = await this.endpoints.urlOf(this.database, id);
    if (url === undefined) throw missing(id);
    const sealed = this.secrets.seal(secret, url);
    if (!(await this.endpoints.rotate(this.database, id, sealed, keepHours))) throw missing(id);
    return { secret };
  }

  /**
   * Stores all secrets as WEBHOOK_ENCRYPTION_KEY has it: encrypted with it, or, without one, as they are.
   * @returns how many webhooks there are
   * @throws SecretUnreadable: then none is changed
   */
  async encrypt(): Promise<number> {
    return this.database.transaction(async (tx) => {
      const all = await this.endpoints.lockSecrets(tx);
      for (const { id, url, secret, previousSecret } of all)
        await this.endpoints.storeSecrets(tx, {
          id,
          url,
          secret: this.secrets.reseal(secret, url),
          previousSecret: previousSecret && this.secrets.reseal(previousSecret, url),
        });
      return all.length;
    });
  }

  /** Calls it again although it was disabled. @throws NotFound (404) */
  async enable(id: number): Promise<void> {
    await this.find(id);
    await this.endpoints.enable(this.database, id);
  }

  /** Sends again, with the same ids. @returns how many @throws NotFound (404) */
  async replay(id: number, what: Replay): Promise<number> {
    await this.find(id);
    return this.database.transaction((tx) => {
      if ('eventId' in what) return this.endpoints.replayEvent(tx, id, what.eventId);
      return 'since' in what
        ? this.endpoints.replaySince(tx, id, what.since)
        : this.endpoints.replayFailed(tx, id);
    });
  }

  /** The newest calls with their outcomes. @throws NotFound (404) */
  async log(id: number, limit: number): Promise<Attempt[]> {
    await this.find(id);
    return this.endpoints.log(this.database, id, limit);
  }

  private async find(id: number): Promise<void> {
    if (!(await this.list()).some((endpoint) => endpoint.id === id)) throw missing(id);
  }
}

const missing = (id: number): NotFound => new NotFound(`The webhook ${id}`);
