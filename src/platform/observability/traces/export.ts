import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** OpenTelemetry's ExportResultCode.SUCCESS: a package more for one number. */
const SUCCESS = 0;

/** What happens to spans on their way out. */
export interface ExportEvents {
  exported(spans: number): void;
  /** They are lost: nothing waits for a collector. */
  dropped(reason: 'queue_full' | 'collector', spans: number, error?: unknown): void;
}

type Done = Parameters<SpanExporter['export']>[1];

/** Counts what the collector takes, and what it does not. */
export class ObservedExporter implements SpanExporter {
  /** Spans that were taken out of the queue. */
  taken = 0;

  constructor(
    private readonly inner: SpanExporter,
    private readonly events: ExportEvents,
  ) {}

  export(spans: ReadableSpan[], done: Done): void {
    this.taken += spans.length;
    this.inner.export(spans, (result) => {
      if ((result.code as number) === SUCCESS) this.events.exported(spans.length);
      else this.events.dropped('collector', spans.length, result.error);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.inner.forceFlush?.();
  }
}

/** Keeps spans back that the queue of the inner processor has no room for: that one would drop them without a word. */
export class ObservedProcessor implements SpanProcessor {
  private given = 0;

  constructor(
    private readonly inner: SpanProcessor,
    private readonly exporter: ObservedExporter,
    private readonly maxQueueSize: number,
    private readonly events: ExportEvents,
  ) {}

  onStart(span: Span, context: Parameters<SpanProcessor['onStart']>[1]): void {
    this.inner.onStart(span, context);
  }

  onEnd(span: ReadableSpan): void {
    if (this.given - this.exporter.taken >= this.maxQueueSize) {
      this.events.dropped('queue_full', 1);
      return;
    }
    this.given++;
    this.inner.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.inner.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }
}
