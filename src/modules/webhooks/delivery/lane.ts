import { PeriodicTask } from '../../../common/periodic-task';
import type { Lease } from '../../../platform/database/lease';
import type { Logger } from '../../../platform/observability/logger';
import { SecretUnreadable } from '../errors';
import type { WebhookMetrics } from '../metrics';
import { bodyOf } from '../message';
import type { WebhookSecrets } from '../secrets';
import { deliveryPauseS, endpointPauseS } from './backoff';
import { BATCH, type DeliveryRepository, type DueDelivery } from './repository';
import type { CallResult, WebhookSender } from './sender';

/** Concurrent calls to one endpoint, each for a different reservation. */
const CONCURRENT = 4;
const RENEW_MS = 3_000;
const GONE = 410;

export interface LaneOptions {
  endpointId: number;
  pollMs: number;
  disableAfterHours: number;
}

export interface LaneParts {
  lease: Lease;
  deliveries: DeliveryRepository;
  sender: WebhookSender;
  secrets: WebhookSecrets;
  metrics: WebhookMetrics;
  logger: Logger;
}

/**
 * The deliveries of one endpoint, by the worker that holds its lease: a slow endpoint holds up no other. Events of a key
 * go one after the other, in the order of the outbox; the outcome of a call is recorded after it, so that a crash
 * between the two repeats it with the same id.
 */
export class EndpointLane {
  private readonly task: PeriodicTask;
  private readonly stopping = new AbortController();

  constructor(
    private readonly options: LaneOptions,
    private readonly parts: LaneParts,
  ) {
    const { endpointId, pollMs } = options;
    this.task = new PeriodicTask(`webhook ${endpointId}`, pollMs, () => this.deliverBatch(), parts.logger);
  }

  start(): void {
    this.task.start();
  }

  /** Ends the calls under way: they are repeated. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.task.stop();
    await this.parts.lease.release().catch(() => undefined); // else it ends by itself
  }

  /** @returns whether there is more to do at once */
  private async deliverBatch(): Promise<boolean> {
    const { lease, deliveries } = this.parts;
    if (!(await lease.hold())) return false;
    const due = await deliveries.due(this.options.endpointId);
    // One call tells whether an endpoint that has failed is back.
    const isFailing = due.some(({ failures }) => failures > 0);
    const left = due.slice(0, isFailing ? 1 : BATCH).values();
    const renewal = setInterval(() => void lease.hold().catch(() => undefined), RENEW_MS);
    const batch = { hasFailed: false };
    const work = async (): Promise<void> => {
      for (const delivery of left) {
        if (batch.hasFailed || this.stopping.signal.aborted || !(await lease.hold())) return;
        const isDelivered = await this.deliver(delivery).catch((error: unknown) => {
          batch.hasFailed = true;
          throw error;
        });
        if (!isDelivered) batch.hasFailed = true;
      }
    };
    try {
      const works = Array.from({ length: CONCURRENT }, work);
      await Promise.allSettled(works); // the next turn would make the calls that are under way a second time
      await Promise.all(works);
    } finally {
      clearInterval(renewal);
    }
    return !batch.hasFailed && due.length > 0;
  }

  private async deliver(delivery: DueDelivery): Promise<boolean> {
    const { metrics, deliveries } = this.parts;
    const result = await this.call(delivery);
    // It says nothing about the endpoint, or another worker has made the call meanwhile and knows better.
    if (result.error !== undefined && (this.stopping.signal.aborted || !(await this.parts.lease.hold())))
      return false;
    metrics.duration.labels({}).observe(result.durationMs / 1000);
    if (result.error === undefined) {
      await deliveries.recordSuccess(this.options.endpointId, delivery.id, result);
      metrics.calls.inc({ result: 'delivered' });
      return true;
    }
    await this.fail(delivery, result);
    return false;
  }

  private async call(delivery: DueDelivery): Promise<CallResult> {
    const {
      url,
      eventId: id,
      topic,
      occurredAt,
      payload,
      nowS,
      secret,
      previousSecret,
      traceparent,
    } = delivery;
    const body = bodyOf(topic, occurredAt, payload);
    const stored = previousSecret === null ? [secret] : [secret, previousSecret];
    try {
      const secrets = stored.map((each) => this.parts.secrets.open(each, url));
      const call = { url, id, timestamp: Math.floor(nowS), body, secrets, traceparent };
      return await this.parts.sender.send(call, this.stopping.signal);
    } catch (error) {
      if (error instanceof SecretUnreadable) return { error: error.message, durationMs: 0 };
      throw error;
    }
  }

  private async fail(delivery: DueDelivery, result: CallResult): Promise<void> {
    const { deliveries, metrics, logger } = this.parts;
    const { endpointId, disableAfterHours } = this.options;
    const pauseS = deliveryPauseS(delivery.attempts + 1, result.retryAfterS);
    await deliveries.recordFailure(endpointId, delivery, result, {
      pauseS,
      endpointPauseS: endpointPauseS(delivery.failures + 1, result.retryAfterS),
    });
    const about = {
      endpointId,
      eventId: delivery.eventId,
      error: result.error,
      attempts: delivery.attempts + 1,
    };
    metrics.calls.inc({ result: pauseS === undefined ? 'given_up' : 'failed' });
    if (pauseS === undefined) logger.error(about, 'webhook delivery given up: it can be replayed');
    else if (delivery.failures === 0) logger.warn(about, 'webhook failing, will retry');
    if (await deliveries.disableIfHopeless(endpointId, result.status === GONE, disableAfterHours))
      logger.error(about, 'webhook disabled');
  }
}
