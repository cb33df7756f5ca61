import { typed } from '../../web/shared/api/typed';
import type { paths } from '../../web/shared/api/schema';

describe('a request of the pages', () => {
  const api = typed<paths>();
  const sent: { url: unknown; init: RequestInit | undefined }[] = [];
  const answering = (body: string | null, status: number): void => {
    jest.spyOn(globalThis, 'fetch').mockImplementation((url, init) => {
      sent.push({ url, init });
      return Promise.resolve(new Response(body, { status }));
    });
  };
  beforeEach(() => void sent.splice(0));
  afterEach(() => jest.restoreAllMocks());

  it('has its path, query, headers and body as the document of the API has them', async () => {
    answering('{"data":{}}', 200);
    const params = { path: { orderId: 'a/b?c' }, header: { 'Idempotency-Key': 'k' } };
    await api.POST('/v1/api/orders/{orderId}/payment', { params, headers: { Authorization: 't' } });
    await api.GET('/v1/api/concerts/availability', {
      params: { query: { scheduleId: '1&2' } },
      cache: 'no-store',
    });
    await api.POST('/v1/api/queue/token', { body: { userId: 1 }, keepalive: true });
    expect(sent).toEqual([
      {
        url: '/v1/api/orders/a%2Fb%3Fc/payment',
        init: { method: 'POST', headers: { 'Idempotency-Key': 'k', Authorization: 't' }, body: undefined },
      },
      {
        url: '/v1/api/concerts/availability?scheduleId=1%262',
        init: { method: 'GET', headers: {}, body: undefined, cache: 'no-store' },
      },
      {
        url: '/v1/api/queue/token',
        init: {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: '{"userId":1}',
          keepalive: true,
        },
      },
    ]);
  });

  it('fails when its answer is not whole, and has a refusal also without JSON', async () => {
    const token = { body: { userId: 1 } };
    answering('{"data":', 200);
    await expect(api.POST('/v1/api/queue/token', token)).rejects.toThrow('JSON');
    answering('<html>', 502);
    expect(await api.POST('/v1/api/queue/token', token)).toMatchObject({
      error: undefined,
      response: { status: 502 },
    });
    answering('{"exception":{"code":"404"}}', 404);
    expect(await api.POST('/v1/api/queue/token', token)).toMatchObject({
      error: { exception: { code: '404' } },
    });
    answering(null, 204);
    expect(await api.POST('/v1/api/queue/token', token)).toMatchObject({
      data: undefined,
      response: { status: 204 },
    });
  });
});
