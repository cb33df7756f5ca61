import {
  type Context,
  ROOT_CONTEXT,
  type Span as SdkSpan,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer as SdkTracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { ATTR_ERROR_TYPE, ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import { type ExportEvents, ObservedExporter, ObservedProcessor } from './export';
import { type Attributes, failureName, isRefusal, type Span, type SpanMaker, type SpanOptions } from './span';
import type { TraceParent } from './traceparent';

export interface SdkOptions {
  /** Of the collector; `/v1/traces` is added. */
  endpoint: string;
  headers: Record<string, string>;
  timeoutMs: number;
  serviceName: string;
  resourceAttributes: Attributes;
  maxQueueSize: number;
  delayMs: number;
}

/** Most spans of one call of the collector, as by OpenTelemetry's own default. */
const MAX_BATCH = 512;

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** Spans by OpenTelemetry's SDK, sent by OTLP over HTTP (JSON). This file is loaded only where traces are on. */
export function startSdk(options: SdkOptions, events: ExportEvents): SpanMaker {
  const exporter = new ObservedExporter(
    new OTLPTraceExporter({
      url: `${options.endpoint.replace(/\/$/, '')}/v1/traces`,
      headers: options.headers,
      timeoutMillis: options.timeoutMs,
    }),
    events,
  );
  const batches = new BatchSpanProcessor(exporter, {
    maxQueueSize: options.maxQueueSize,
    maxExportBatchSize: Math.min(MAX_BATCH, options.maxQueueSize),
    scheduledDelayMillis: options.delayMs,
    exportTimeoutMillis: options.timeoutMs,
  });
  const processor = new ObservedProcessor(batches, exporter, options.maxQueueSize, events);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      ...options.resourceAttributes,
      [ATTR_SERVICE_NAME]: options.serviceName,
      'process.pid': process.pid,
    }),
    sampler: new AlwaysOnSampler(), // what is not sampled never comes here (sampling.ts)
    spanProcessors: [processor],
  });
  return new SdkMaker(provider.getTracer('concert-reservation'), processor);
}

class SdkMaker implements SpanMaker {
  constructor(
    private readonly tracer: SdkTracer,
    private readonly processor: SpanProcessor,
  ) {}

  make(
    name: string,
    parent: Pick<TraceParent, 'traceId' | 'spanId'> | undefined,
    { kind = 'internal', attributes = {}, links = [] }: SpanOptions,
  ): Span {
    const span = this.tracer.startSpan(
      name,
      {
        kind: KINDS[kind],
        attributes,
        links: links.map(({ context }) => ({ context: { ...context, traceFlags: TraceFlags.SAMPLED } })),
      },
      contextOf(parent),
    );
    return new RecordedSpan(span);
  }

  async close(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
    // A collector that is away is known by its metric.
    await Promise.race([this.processor.shutdown().catch(() => undefined), late]);
    clearTimeout(timer);
  }
}

const contextOf = (parent: Pick<TraceParent, 'traceId' | 'spanId'> | undefined): Context =>
  parent === undefined
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, {
        traceId: parent.traceId,
        spanId: parent.spanId,
        traceFlags: TraceFlags.SAMPLED,
      });

class RecordedSpan implements Span {
  readonly context: Span['context'];

  constructor(private readonly span: SdkSpan) {
    const { traceId, spanId } = span.spanContext();
    this.context = { traceId, spanId };
  }

  get isOpen(): boolean {
    return this.span.isRecording();
  }

  rename(name: string): void {
    this.span.updateName(name);
  }

  set(attributes: Attributes): void {
    this.span.setAttributes(attributes);
  }

  link({ context }: Span): void {
    this.span.addLink({ context: { ...context, traceFlags: TraceFlags.SAMPLED } });
  }

  end(error?: unknown): void {
    if (error !== undefined) {
      this.span.setAttribute(ATTR_ERROR_TYPE, failureName(error));
      if (!isRefusal(error)) this.span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.span.end();
  }
}
