import { Lifecycle, scoped } from 'tsyringe';
import { KafkaProducer, KafkaUnavailable } from '../../../platform/kafka';
import type { Destination } from './destination';
import type { Span } from '../../../platform/observability/traces/span';
import { Tracer } from '../../../platform/observability/traces/tracer';
import { traceParentOf } from '../../../platform/observability/traces/traceparent';
import { EVENT_ID, TRACEPARENT } from './headers';
import { OutboxMetrics } from '../metrics';
import type { OutboxEvent } from '../repository';

/** Events become messages: key = partition key, value = payload, header `event-id`. */
@scoped(Lifecycle.ContainerScoped)
export class KafkaDestination implements Destination {
  constructor(
    private readonly producer: KafkaProducer,
    private readonly metrics: OutboxMetrics,
    private readonly tracer: Tracer,
  ) {}

  get ready(): boolean {
    return this.producer.ready;
  }

  async deliver(events: OutboxEvent[]): Promise<number[]> {
    const spans = events.map((event) => this.spanOf(event));
    const messages = events.map(({ eventId, topic, partitionKey, payload }, i) => ({
      topic,
      key: partitionKey,
      value: payload,
      headers: headersOf(eventId, spans[i]),
    }));
    try {
      await this.producer.send(messages);
      for (const span of spans) span?.end();
    } catch (error) {
      for (const span of spans) span?.end(error ?? 'unknown');
      if (error instanceof KafkaUnavailable) return []; // its status is logged once; the events are taken again
      throw error;
    }
    for (const { topic } of events) this.metrics.events.inc({ topic, result: 'relayed' });
    return events.map(({ id }) => id);
  }

  private spanOf({ topic, eventId, traceparent }: OutboxEvent): Span | undefined {
    return this.tracer.continued(traceparent, `send ${topic}`, {
      kind: 'producer',
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.type': 'send',
        'messaging.operation.name': 'send',
        'messaging.destination.name': topic,
        'messaging.message.id': eventId,
      },
    });
  }

  interrupt(): void {
    // A send takes at most a few seconds: it is waited for.
  }
}

const headersOf = (eventId: string, span: Span | undefined): Record<string, string> => ({
  [EVENT_ID]: eventId,
  ...(span !== undefined && { [TRACEPARENT]: traceParentOf(span.context) }),
});
