import { type RequestHandler, type Router, static as serveFolder } from 'express';
import helmet from 'helmet';
import swaggerFolder from 'swagger-ui-dist/absolute-path';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import { scrape } from '../../platform/observability/cluster-metrics';
import { wantsOpenMetrics } from '../../platform/observability/open-metrics';
import type { Metrics } from '../../platform/observability/metrics';
import type { Health } from './health';

const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Concert reservation: API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>`;

const DOCS_START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true });`;

/** Security headers of what is no answer of the API. */
const secured = helmet() as RequestHandler;

/** For probes and load balancers: on every port. */
export function healthRoutes(health: Health): Router {
  const router = literalRouter();
  router.get('/health/live', secured, (_req, res) => {
    res.json({ status: 'up' });
  });
  router.get('/health/ready', secured, async (_req, res) => {
    const report = await health.report();
    res.status(report.status === 'ready' ? 200 : 503).json(report);
  });
  return refuseOtherMethods(router);
}

/**
 * For operators and their machines: metrics, the API document and its page. Not public: served on MANAGEMENT_PORT.
 * @param document makes it @param hasExemplars whether requests are traced: then a scraper that takes OpenMetrics gets it
 */
export function managementRoutes(
  metrics: Metrics,
  document: (() => object) | undefined,
  hasExemplars: boolean,
): Router {
  const router = literalRouter();
  router.get('/metrics', secured, async (req, res) => {
    const wants = hasExemplars && wantsOpenMetrics(req.headers.accept);
    const { contentType, text } = await scrape(metrics.registry, wants);
    res.type(contentType).send(text);
  });
  if (document === undefined) return refuseOtherMethods(router);
  router.get('/openapi.json', secured, (_req, res) => {
    res.json(document());
  });
  router.get('/docs', secured, (_req, res) => {
    res.type('html').send(DOCS_PAGE);
  });
  router.get('/docs/start.js', secured, (_req, res) => {
    res.type('js').send(DOCS_START);
  });
  refuseOtherMethods(router);
  router.use('/docs', secured, untilClosed, serveFolder(swaggerFolder(), { index: false }));
  return router;
}

/** A file is piped: when its client disconnects, nothing else ends the answer. */
const untilClosed: RequestHandler = (_req, res, next) => {
  res.once('close', () => res.exchange.answered(res.statusCode));
  next();
};
