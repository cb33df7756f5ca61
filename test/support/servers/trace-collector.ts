import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { until } from '../wait';
import { LocalServer, readBody } from './local-server';

interface OtlpValue {
  stringValue?: string;
  intValue?: number | string;
  doubleValue?: number;
  boolValue?: boolean;
}
type OtlpAttributes = { key: string; value: OtlpValue }[];
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: OtlpAttributes;
  links?: { traceId: string; spanId: string }[];
  status: { code?: number };
}
interface OtlpBody {
  resourceSpans: { resource: { attributes: OtlpAttributes }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

export type Attributes = Record<string, string | number | boolean>;

export interface ReceivedSpan extends Pick<OtlpSpan, 'traceId' | 'spanId' | 'name' | 'kind'> {
  /** Empty: it begins the trace. */
  parentSpanId: string;
  attributes: Attributes;
  links: { traceId: string; spanId: string }[];
  isError: boolean;
  service: string;
  resource: Attributes;
}

const STATUS_ERROR = 2;

/** A collector of traces: takes OTLP over HTTP as JSON and keeps the spans. */
export class TraceCollector extends LocalServer {
  readonly spans: ReceivedSpan[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  /** What it answers; other than 200 it keeps nothing. */
  status = 200;

  /** What a process needs to send it everything, soon. */
  get env(): Record<string, string | number> {
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: this.origin,
      OTEL_TRACES_SAMPLER_ARG: 1,
      OTEL_BSP_SCHEDULE_DELAY: 20,
      TRACES_MAX_PER_SECOND: 100_000,
    };
  }

  override answer: RequestListener = (req, res) => {
    readBody(req, (body) => {
      const isOurs = req.method === 'POST' && req.url === '/v1/traces';
      this.headers.push(req.headers);
      if (isOurs && this.status === 200) this.spans.push(...spansOf(JSON.parse(body) as OtlpBody));
      res.writeHead(isOurs ? this.status : 404, { 'content-type': 'application/json' }).end('{}');
    });
  };

  /** The first span of this name that is meant, when it has come. */
  span(name: string, isMeant: (span: ReceivedSpan) => boolean = () => true): Promise<ReceivedSpan> {
    return until(`span ${name}`, () => this.spans.find((span) => span.name === name && isMeant(span)));
  }

  ofTrace(traceId: string): ReceivedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  /** The names from a span up to the beginning of its trace; `?`: a parent that has not come. */
  wayUp(from: ReceivedSpan): string[] {
    const names: string[] = [];
    for (let at: ReceivedSpan | undefined = from; at !== undefined; at = this.parentOf(at)) {
      names.push(at.name);
      if (at.parentSpanId !== '' && this.parentOf(at) === undefined) names.push('?');
    }
    return names;
  }

  private parentOf({ traceId, parentSpanId }: ReceivedSpan): ReceivedSpan | undefined {
    return this.spans.find((span) => span.traceId === traceId && span.spanId === parentSpanId);
  }
}

const spansOf = ({ resourceSpans }: OtlpBody): ReceivedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const own = attributesOf(resource.attributes);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => received(span, own)));
  });

const received = (span: OtlpSpan, resource: Attributes): ReceivedSpan => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId ?? '',
  name: span.name,
  kind: span.kind,
  attributes: attributesOf(span.attributes),
  links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
  isError: span.status.code === STATUS_ERROR,
  service: String(resource['service.name']),
  resource,
});

const attributesOf = (attributes: OtlpAttributes): Attributes =>
  Object.fromEntries(
    attributes.map(({ key, value }): [string, string | number | boolean] => {
      const { stringValue, intValue, doubleValue, boolValue } = value;
      return [key, stringValue ?? boolValue ?? doubleValue ?? Number(intValue)];
    }),
  );
