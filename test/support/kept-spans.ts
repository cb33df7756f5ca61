import { createLogger } from '../../src/platform/observability/logger';
import { Sampling } from '../../src/platform/observability/traces/sampling';
import type { Span, SpanMaker, SpanOptions } from '../../src/platform/observability/traces/span';
import { Tracer } from '../../src/platform/observability/traces/tracer';

/** A span that a test looks at. */
export class KeptSpan implements Span {
  readonly links: Span['context'][];
  isOpen = true;
  error: unknown;

  constructor(
    public name: string,
    readonly context: Span['context'],
    readonly parent: Span['context'] | undefined,
    readonly options: SpanOptions,
  ) {
    this.links = (options.links ?? []).map((link) => link.context);
  }

  rename(name: string): void {
    this.name = name;
  }

  set(): void {
    // of no interest here
  }

  link(to: Span): void {
    this.links.push(to.context);
  }

  end(error?: unknown): void {
    this.error = error;
    this.isOpen = false;
  }
}

/** Keeps spans in memory. */
export class KeptSpans implements SpanMaker {
  readonly all: KeptSpan[] = [];
  private ids = 0;

  /** A tracer that traces everything into it. */
  async tracer(): Promise<Tracer> {
    const sampling = new Sampling({ ratio: 1, maxPerSecond: 1e6, trusted: [] }, () => undefined);
    const tracer = new Tracer({ sampling, load: () => Promise.resolve(this) });
    await tracer.start(createLogger('silent', 'test'));
    return tracer;
  }

  make(name: string, parent: Span['context'] | undefined, options: SpanOptions): KeptSpan {
    const id = (++this.ids).toString(16);
    const traceId = parent?.traceId ?? id.padStart(32, '0');
    const span = new KeptSpan(name, { traceId, spanId: id.padStart(16, '0') }, parent, options);
    this.all.push(span);
    return span;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  named(name: string): KeptSpan[] {
    return this.all.filter((span) => span.name === name);
  }
}
