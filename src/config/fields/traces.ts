import { integer, share } from '../field';
import { headers, networks, pairs, text, webUrl } from '../text-field';

/** Traces, in the variables of OpenTelemetry where it has one. */
export const tracesFields = {
  OTEL_EXPORTER_OTLP_ENDPOINT: webUrl({
    isBase: true,
    isFetched: false,
    about:
      'Collector that traces are sent to by OTLP over HTTP (JSON), as http://collector:4318; empty: no traces, and nothing of OpenTelemetry is loaded',
  }),
  OTEL_EXPORTER_OTLP_HEADERS: headers({
    about: 'Headers of each call of the collector, as name=value,name=value; keep it in a Secret',
  }),
  OTEL_EXPORTER_OTLP_TIMEOUT: integer({
    min: 100,
    max: 60_000,
    default: 10_000,
    unit: 'ms',
    about: 'Longest time that a call of the collector may take, with its repetitions',
  }),
  OTEL_SERVICE_NAME: text({
    default: 'concert-reservation',
    about: 'Name of this service in traces',
  }),
  OTEL_RESOURCE_ATTRIBUTES: pairs({
    about: 'What else traces say of this process, as deployment.environment.name=production,…',
  }),
  OTEL_TRACES_SAMPLER_ARG: share({
    default: 0.01,
    about: 'Share of the requests that are traced, 0 to 1; a trusted traceparent decides for itself',
  }),
  OTEL_BSP_MAX_QUEUE_SIZE: integer({
    min: 1,
    max: 100_000,
    default: 2048,
    unit: 'spans',
    about: 'Spans that wait for the collector; further ones are dropped',
  }),
  OTEL_BSP_SCHEDULE_DELAY: integer({
    min: 10,
    max: 60_000,
    default: 5000,
    unit: 'ms',
    about: 'Pause between two calls of the collector',
  }),
  TRACES_MAX_PER_SECOND: integer({
    min: 1,
    max: 100_000,
    default: 50,
    unit: 'requests/s',
    about: 'Most requests that a process traces in a second, those of trusted callers included',
  }),
  TRACES_TRUSTED_NETWORKS: networks({
    about:
      'Networks of callers whose traceparent is taken over, as 10.1.0.0/16,fd00::/8, by the address of the connection; empty: none',
  }),
};
