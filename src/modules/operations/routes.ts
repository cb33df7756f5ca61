import { Router, static as serveFolder } from 'express';
import swaggerFolder from 'swagger-ui-dist/absolute-path';
import { scrape } from '../../platform/observability/cluster-metrics';
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

/** A path is what it says, to the letter: no other case, no slash at its end. */
export const LITERAL = { strict: true, caseSensitive: true };

/** For probes and load balancers: on every port. */
export function healthRoutes(health: Health): Router {
  const router = Router(LITERAL);
  router.get('/health/live', (_req, res) => {
    res.json({ status: 'up' });
  });
  router.get('/health/ready', async (_req, res) => {
    const report = await health.report();
    res.status(report.status === 'ready' ? 200 : 503).json(report);
  });
  return router;
}

/** For operators and their machines: metrics, the API document and its page. Not for the world: MANAGEMENT_PORT. */
export function managementRoutes(metrics: Metrics, document: object | undefined): Router {
  const router = Router(LITERAL);
  router.get('/metrics', async (_req, res) => {
    res.type(metrics.registry.contentType).send(await scrape(metrics.registry));
  });
  if (document === undefined) return router;
  router.get('/openapi.json', (_req, res) => {
    res.json(document);
  });
  router.get('/docs', (_req, res) => {
    res.type('html').send(DOCS_PAGE);
  });
  router.get('/docs/start.js', (_req, res) => {
    res.type('js').send(DOCS_START);
  });
  router.use('/docs', serveFolder(swaggerFolder(), { index: false }));
  return router;
}
