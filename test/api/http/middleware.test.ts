import type { RequestHandler } from 'express';
import request from 'supertest';
import { createApps } from '../../../src/app';
import { HttpServer } from '../../../src/http/server';
import { useService } from '../../support/suite';

const ROUTES = [
  'POST /v1/api/queue/token',
  'POST /v1/api/queue/token/check',
  'POST /v1/api/queue/challenge',
  'POST /v1/api/queue/events/ticket',
  'GET /v1/api/queue/events',
  'POST /v1/api/user/amount',
  'GET /v1/api/user/amount',
  'GET /v1/api/concerts/schedule',
  'GET /v1/api/concerts/seat',
  'POST /v1/api/concerts/reserve',
  'POST /v1/api/concerts/payment',
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'GET /openapi.json',
  'GET /docs',
  'GET /docs/start.js',
  'GET /docs/swagger-ui.css',
  'GET /queues',
  'POST /queues/main/admission',
  'GET /nowhere',
  'DELETE /v1/api/user/amount',
];

describe('a middleware that is added to the app', () => {
  const suite = useService({
    MANAGEMENT_TOKEN: 'the-operators-token-of-at-least-32-bytes',
    TOKEN_GATE: 'proof-of-work',
  });
  const seen: string[] = [];
  const added: RequestHandler = (req, res, next) => {
    seen.push(`${req.method} ${req.path}`);
    if (req.get('x-answer') === undefined) next();
    else res.status(418).json({ answeredBy: 'the added middleware' });
  };
  let server: HttpServer;

  beforeAll(async () => {
    const { main } = createApps(suite.service.container, [added]);
    server = new HttpServer(main, {
      host: '127.0.0.1',
      port: 0,
      requestMs: 60_000,
      idleMs: 60_000,
      maxConnections: 0,
      onDrop: () => undefined,
      graceMs: 100,
    });
    await server.listen();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    seen.length = 0;
  });

  const send = (route: string): request.Test => {
    const [method = '', path = ''] = route.split(' ');
    const agent = request(`http://127.0.0.1:${server.port}`);
    return agent[method.toLowerCase() as 'get' | 'post' | 'delete'](path);
  };

  it.each(ROUTES)('sees the request of %s and passes it on', async (route) => {
    const answer = await send(route);
    expect(seen).toEqual([route]);
    expect(answer.status).not.toBe(418);
    expect(answer.headers['x-request-id']).toMatch(/^[\w.-]+$/);
  });

  it.each(ROUTES)('can answer %s itself, and its answer has the request id', async (route) => {
    const answer = await send(route).set({ 'X-Answer': 'yes', 'X-Request-Id': 'given-id' });
    expect([answer.status, answer.body]).toEqual([418, { answeredBy: 'the added middleware' }]);
    expect(answer.headers['x-request-id']).toBe('given-id');
  });

  it('leaves the count of requests in flight correct', async () => {
    await send('GET /health/live').set('X-Answer', 'yes');
    const { text } = await send('GET /metrics');
    expect(text).toMatch(/^http_requests_in_flight 1$/m); // the scrape itself
  });
});
