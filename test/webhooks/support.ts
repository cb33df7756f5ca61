import { retry } from '../../src/common/retry';
import { AuditRepository } from '../../src/modules/organizer/audit/repository';
import { appendEvents } from '../../src/modules/outbox/append';
import { paymentDone, reservationMade } from '../../src/modules/outbox/events';
import { DeliveryHistory } from '../../src/modules/webhooks/history';
import { EndpointRepository } from '../../src/modules/webhooks/repository';
import { WebhookSecrets } from '../../src/modules/webhooks/secrets';
import { WebhookService } from '../../src/modules/webhooks/service';
import { testConfig } from '../support/config';
import { Scratch } from '../support/rows/scratch';
import { WebhookReceiver } from '../support/servers/webhook-receiver';
import { startTestService } from '../support/service';

type Env = Record<string, string | number>;
type Added = Awaited<ReturnType<WebhookService['add']>>;

export const BY = { actor: { name: 'test', role: 'cli' } };

/** Of a process that calls webhooks of this machine. */
export const ENV = {
  WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
  WEBHOOK_TIMEOUT_MS: 60_000,
  OUTBOX_POLL_MS: 20,
  ROLE: 'worker',
};

/** What the tests of a file have of webhooks: a database, since a worker calls all that its database has, and receivers. */
export class Webhooks {
  private readonly receivers: WebhookReceiver[] = [];
  private readonly stops: (() => Promise<unknown>)[] = [];
  private reservations = 0;
  readonly service: WebhookService;

  private constructor(readonly scratch: Scratch) {
    this.service = this.serviceWith({});
  }

  static async open(): Promise<Webhooks> {
    return new Webhooks(await Scratch.migrated());
  }

  /** After all tests of a file. */
  close(): Promise<void> {
    return this.scratch.drop();
  }

  serviceWith(env: Env): WebhookService {
    const config = testConfig({ ...ENV, ...env });
    const { app } = this.scratch;
    const audit = new AuditRepository(app);
    const [history, secrets] = [new DeliveryHistory(app), new WebhookSecrets(config)];
    return new WebhookService(app, new EndpointRepository(), history, secrets, audit, config);
  }

  async receiver(): Promise<WebhookReceiver> {
    const one = await new WebhookReceiver().open();
    this.receivers.push(one);
    return one;
  }

  /** A receiver, and a webhook of its URL. */
  async add({ status = 204, types, service = this.service }: AddOptions = {}): Promise<
    Added & { hook: WebhookReceiver }
  > {
    const hook = await this.receiver();
    hook.answerWith(status);
    return { ...(await service.add(BY, hook.url, types)), hook };
  }

  async worker(more: Env = {}): Promise<void> {
    const service = await startTestService({ ...ENV, ...this.scratch.env, ...more });
    this.stops.push(() => service.stop());
  }

  newReservation(): number {
    return ++this.reservations;
  }

  /** Commits an event. @returns its reservation */
  async emit(reservationId = this.newReservation(), isPaid = false): Promise<number> {
    const common = { reservationId, userId: 1, concertTitle: 'IU 🎤', seatPosition: 7 };
    const event = isPaid
      ? paymentDone({ ...common, paymentAmount: 100 })
      : reservationMade({ ...common, heldUntil: '2026-11-29T10:00:00.000Z' });
    await this.scratch.admin.transaction((tx) => appendEvents(tx, [event]));
    return reservationId;
  }

  /** As if the pauses of all endpoints and deliveries had passed. */
  async pausesPass(): Promise<void> {
    const pass = async (): Promise<void> => {
      await this.scratch.admin.execute(
        "UPDATE webhook_delivery SET next_attempt_at = NOW(3) WHERE status = 'PENDING'",
      );
      await this.scratch.admin.execute('UPDATE webhook_endpoint SET retry_at = NULL');
    };
    await retry(pass, (_deadlockWithTheWorker, attempt) => (attempt < 100 ? 10 : undefined));
  }

  async stateOf(id: number): Promise<Awaited<ReturnType<WebhookService['list']>>[number] | undefined> {
    return (await this.service.list()).find((endpoint) => endpoint.id === id);
  }

  async isDisabled(id: number): Promise<boolean> {
    return ((await this.stateOf(id))?.disabledAt ?? null) !== null;
  }

  /** After each test. */
  async clear(): Promise<void> {
    await Promise.all(this.stops.splice(0).map((stop) => stop()));
    await Promise.all(this.receivers.splice(0).map((receiver) => receiver.close()));
    await this.scratch.admin.transaction((tx) => tx.execute('DELETE FROM webhook_endpoint'));
  }
}

interface AddOptions {
  status?: number;
  types?: Parameters<WebhookService['add']>[2];
  service?: WebhookService;
}
