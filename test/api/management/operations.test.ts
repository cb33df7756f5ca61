import { at } from '../../support/at';
import SwaggerParser from '@apidevtools/swagger-parser';
import request from 'supertest';
import { useService } from '../../support/suite';
import { until } from '../../support/wait';

describe('operations', () => {
  const app = useService();

  it('reports live and ready, with each dependency', async () => {
    expect((await request(app.url).get('/health/live')).body).toEqual({ status: 'up' });
    // A probe fails when the machine stands still for a second.
    const ready = await until('both stores are up', async () => {
      const answer = await request(app.url).get('/health/ready');
      return !answer.text.includes('"down"') && answer;
    });
    expect([ready.status, ready.body]).toEqual([
      200,
      {
        status: 'ready',
        dependencies: {
          database: { status: 'up', ms: expect.any(Number) as number },
          redis: { status: 'up', ms: expect.any(Number) as number },
          kafka: { status: 'off' },
        },
      },
    ]);
  });

  it('requests, sales and admissions are counted', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 40 });
    const buyer = await app.buyer(40);
    let text = '';
    const value = (series: string): number =>
      Number(new RegExp(`^${series.replace(/[{}"/.]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
    await until('a list is read twice within its time', async () => {
      await Promise.all([buyer.schedules(), buyer.schedules()]);
      ({ text } = await request(app.url).get('/metrics'));
      return value('concert_cache_reads_total{cache="schedules",result="hit"}') >= 1;
    });
    await buyer.pay(await buyer.hold(id, at(seats, 0).id));
    await until('the snapshot has counted the queue', async () => {
      ({ text } = await request(app.url).get('/metrics'));
      return value(`concert_queue_active{queue="${app.queueId}"}`) === 0;
    });
    expect(value('concert_ticket_sales_total')).toBe(1);
    expect(value('concert_ticket_revenue_krw_total')).toBe(40);
    expect(value('concert_seat_holds_total{result="held"}')).toBe(1);
    expect(value(`concert_queue_active_limit{queue="${app.queueId}"}`)).toBe(10_000);
    expect(value(`concert_queue_active{queue="${app.queueId}"}`)).toBe(0);
    expect(value(`concert_queue_waiting{queue="${app.queueId}"}`)).toBe(0);
    expect(value('concert_breaker_state{breaker="queueService",state="closed"}')).toBe(1);
    expect(
      value(
        'http_request_duration_seconds_count{method="POST",route="/v1/api/concerts/payment",status="200"}',
      ),
    ).toBe(1);
    expect(value('nodejs_eventloop_utilization')).toBeGreaterThan(0);
    expect(text).toMatch(/^concert_redis_command_duration_seconds_count\{script="resolve"\} \d+$/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    await until('no background task waits for a connection', async () => {
      ({ text } = await request(app.url).get('/metrics'));
      return value('concert_database_pool_connections{state="waiting"}') === 0;
    });
  });

  it('never puts a URL or an id into a label', async () => {
    await request(app.url).get('/v1/api/nothing-here'); // letters that no random id has
    const { text } = await request(app.url).get('/metrics');
    expect(text).not.toMatch(/="[^"]*nothing-here/);
    expect(text).toContain('route="none"');
  });

  it('serves a valid OpenAPI 3.1 document with every endpoint, every code and an example of each', async () => {
    const document = (await request(app.url).get('/openapi.json')).body as {
      openapi: string;
      paths: Record<
        string,
        Record<
          string,
          { responses: Record<string, { content?: { 'application/json'?: { examples?: object } } }> }
        >
      >;
    };
    await SwaggerParser.validate(
      structuredClone(document) as unknown as Parameters<typeof SwaggerParser.validate>[0],
    );
    expect(document.openapi).toBe('3.1.0');
    const endpoints = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((m) => `${m} ${path}`),
    );
    expect(endpoints.sort()).toEqual([
      'delete /v1/api/orders/{orderId}',
      'get /v1/api/concerts/availability',
      'get /v1/api/concerts/layout',
      'get /v1/api/concerts/schedule',
      'get /v1/api/concerts/seat',
      'get /v1/api/orders',
      'get /v1/api/orders/{orderId}',
      'get /v1/api/queue/events',
      'get /v1/api/queues/{queueId}/draws',
      'get /v1/api/queues/{queueId}/draws/{number}/registrants',
      'get /v1/api/queues/{queueId}/status',
      'get /v1/api/transparency/{queueId}/checkpoint',
      'get /v1/api/transparency/{queueId}/inclusion',
      'get /v1/api/transparency/{queueId}/key',
      'get /v1/api/user/amount',
      'post /v1/api/concerts/payment',
      'post /v1/api/concerts/reserve',
      'post /v1/api/orders',
      'post /v1/api/orders/{orderId}/cancellation',
      'post /v1/api/orders/{orderId}/extension',
      'post /v1/api/orders/{orderId}/payment',
      'post /v1/api/queue/events/ticket',
      'post /v1/api/queue/presence',
      'post /v1/api/queue/rehearsal-token',
      'post /v1/api/queue/token',
      'post /v1/api/queue/token/check',
      'post /v1/api/user/amount',
    ]);
    const codes = new Set(
      Object.values(document.paths)
        .flatMap((methods) => Object.values(methods))
        .flatMap((operation) => Object.values(operation.responses))
        .flatMap((response) => Object.keys(response.content?.['application/json']?.examples ?? {})),
    );
    const all = [
      '001',
      '002',
      '003',
      '004',
      '005',
      '400',
      '401',
      '403',
      '404',
      '409',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
      'ALREADY_EXTENDED',
      'HOLD_ENDED',
      'NOT_ON_SALE',
      'NOT_REFUNDABLE',
      'NO_ADJACENT_SEATS',
      'SEAT_LIMIT',
    ];
    expect([...codes].sort()).toEqual(all);
  });

  it('serves Swagger UI without inline scripts', async () => {
    const page = await request(app.url).get('/docs');
    expect(page.status).toBe(200);
    expect(page.text).not.toMatch(/<script>(?!<)/);
    for (const [, path] of page.text.matchAll(/(?:src|href)="([^"]+)"/g))
      expect([path, (await request(app.url).get(String(path))).status]).toEqual([path, 200]);
  });

  it('refuses a part and a version of a file that there is not', async () => {
    const asked = [{ Range: 'bytes=99999999-' }, { 'If-Match': '"another"' }, { Range: 'bytes=0-3' }];
    const answers = [];
    for (const headers of asked)
      answers.push(await request(app.url).get('/docs/swagger-ui.css').set(headers).buffer(true));
    expect(answers.map(({ status }) => status)).toEqual([416, 412, 206]);
    expect(answers[0]?.headers['content-range']).toMatch(/^bytes \*\/\d+$/);
  });

  it('keeps a request id that makes sense and replaces one that does not', async () => {
    const given = await request(app.url).get('/health/live').set('X-Request-Id', 'abc-123');
    expect(given.headers['x-request-id']).toBe('abc-123');
    const evil = await request(app.url).get('/health/live').set('X-Request-Id', 'a b"\\{}');
    expect(evil.headers['x-request-id']).toMatch(/^[\w-]{12}-[0-9a-z]+$/);
  });
});
