import { setTimeout as sleep } from 'node:timers/promises';
import { inject, Lifecycle, scoped } from 'tsyringe';
import { DatabaseUnavailable } from '../../../platform/database/database';
import { LOGGER, type Logger } from '../../../platform/observability/logger';
import type { Span } from '../../../platform/observability/traces/span';
import { Tracer } from '../../../platform/observability/traces/tracer';
import { EVENT_HANDLER, type EventHandler, type IncomingEvent } from '../event';
import { OutboxMetrics } from '../metrics';
import { RetryPolicy } from './retry-policy';

/** A failed attempt to handle an event. */
export interface FailedAttempt {
  /** Failed attempts so far, this one included. */
  attempts: number;
  error: unknown;
}

/** Where failed events are kept: columns of the outbox, or topics of Kafka. Each may throw DatabaseUnavailable. */
export interface FailedEventStore {
  /** What the log says of an event that moved. */
  readonly messages: { dlq: string; givenUp: string };
  recordFailure(failure: FailedAttempt): Promise<void>;
  moveToDlq(failure: FailedAttempt): Promise<void>;
  giveUp(failure: FailedAttempt): Promise<void>;
}

/** `moved`: to the DLQ or the permanent one. `interrupted`: neither handled nor moved, it comes again. */
export type AttemptResult = 'handled' | 'moved' | 'interrupted';

/**
 * Hands an event to its handler until it is handled or its attempts of this stage are used up. It is the only retry of
 * events: the in-process destination and the Kafka consumer differ in where they keep failed events.
 */
@scoped(Lifecycle.ContainerScoped)
export class EventAttempts {
  constructor(
    @inject(EVENT_HANDLER) private readonly handler: EventHandler,
    private readonly policy: RetryPolicy,
    private readonly metrics: OutboxMetrics,
    private readonly tracer: Tracer,
    @inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * @param attempts failed ones before
   * @param mayGoOn asked before each further attempt
   * @throws DatabaseUnavailable, which says nothing about the event; errors of the store of failed events
   */
  async handle(
    event: IncomingEvent,
    attempts: number,
    failed: FailedEventStore,
    { mayGoOn, stopping }: { mayGoOn: () => Promise<boolean>; stopping: AbortSignal },
  ): Promise<AttemptResult> {
    for (let attempt = attempts + 1; ; attempt++) {
      const error = await this.tryOnce(event);
      if (error === undefined) return 'handled';
      if (await this.moveAside(event, { attempts: attempt, error }, failed)) return 'moved';
      await sleep(this.policy.backoffMs(attempt), undefined, { signal: stopping }).catch(() => undefined);
      if (!(await mayGoOn())) return 'interrupted';
    }
  }

  /** @returns what went wrong */
  private async tryOnce(event: IncomingEvent): Promise<unknown> {
    try {
      await this.tracer.ending(this.spanOf(event), () => this.handler.handle(event));
      return undefined;
    } catch (error) {
      if (error instanceof DatabaseUnavailable) throw error;
      return error ?? new Error('unknown failure');
    }
  }

  private spanOf({ eventId, topic, traceparent }: IncomingEvent): Span | undefined {
    return this.tracer.continued(traceparent, `process ${topic}`, {
      kind: 'consumer',
      attributes: {
        'messaging.operation.type': 'process',
        'messaging.operation.name': 'process',
        'messaging.destination.name': topic,
        'messaging.message.id': eventId,
      },
    });
  }

  /** @returns false when another of the first attempts is left */
  private async moveAside(
    { eventId, topic }: IncomingEvent,
    failure: FailedAttempt,
    failed: FailedEventStore,
  ): Promise<boolean> {
    this.metrics.events.inc({ topic, result: 'failed' });
    const decision = this.policy.decide(failure.error, failure.attempts);
    if (decision === 'retry') {
      await failed.recordFailure(failure);
      return false;
    }
    const about = { err: failure.error, topic, eventId, attempts: failure.attempts };
    if (decision === 'dlq') {
      await failed.moveToDlq(failure);
      this.metrics.events.inc({ topic, result: 'dlq' });
      this.logger.warn(about, failed.messages.dlq);
    } else {
      await failed.giveUp(failure);
      this.metrics.events.inc({ topic, result: 'given_up' });
      this.logger.error(about, failed.messages.givenUp);
    }
    return true;
  }
}
