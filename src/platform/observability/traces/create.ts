import type { Config } from '../../../config/config';
import { parseNetworks } from '../../../config/parsing/networks';
import { parseHeaders, parsePairs } from '../../../config/lists';
import type { Logger } from '../logger';
import type { ExportEvents } from './export';
import type { TraceMetrics } from './metrics';
import { Sampling } from './sampling';
import type { SpanMaker } from './span';
import { Tracer } from './tracer';

/** The tracer of a process: off without OTEL_EXPORTER_OTLP_ENDPOINT. */
export function createTracer(config: Config, metrics: TraceMetrics): Tracer {
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === '') return new Tracer();
  const sampling = new Sampling(
    {
      ratio: config.OTEL_TRACES_SAMPLER_ARG,
      maxPerSecond: config.TRACES_MAX_PER_SECOND,
      trusted: parseNetworks(config.TRACES_TRUSTED_NETWORKS),
    },
    () => metrics.limited.inc(),
  );
  const load = async (logger: Logger): Promise<SpanMaker> => {
    const { startSdk } = await import('./sdk');
    return startSdk(
      {
        endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
        headers: parseHeaders(config.OTEL_EXPORTER_OTLP_HEADERS),
        timeoutMs: config.OTEL_EXPORTER_OTLP_TIMEOUT,
        serviceName: config.OTEL_SERVICE_NAME,
        resourceAttributes: {
          'concert.role': config.ROLE,
          ...parsePairs(config.OTEL_RESOURCE_ATTRIBUTES),
        },
        maxQueueSize: config.OTEL_BSP_MAX_QUEUE_SIZE,
        delayMs: config.OTEL_BSP_SCHEDULE_DELAY,
      },
      observe(metrics, logger),
    );
  };
  return new Tracer({ sampling, load });
}

/** Counts spans, and logs when the collector goes away and when it is back. */
function observe(metrics: TraceMetrics, logger: Logger): ExportEvents {
  let isAway = false;
  return {
    exported: (spans) => {
      metrics.exported.inc(spans);
      if (isAway) logger.info('the collector of traces takes spans again');
      isAway = false;
    },
    dropped: (reason, spans, err) => {
      metrics.dropped.inc({ reason }, spans);
      if (reason === 'collector' && !isAway)
        logger.warn({ err }, 'the collector of traces does not take spans: they are lost, and nothing else');
      if (reason === 'collector') isAway = true;
    },
  };
}
