import request from 'supertest';
import { ServiceProcess } from '../../support/servers/process';
import { startTestService } from '../../support/service';

const OPERATORS = ['/metrics', '/openapi.json', '/docs', '/docs/start.js', '/docs/swagger-ui.css'];
const PROBES = ['/health/live', '/health/ready'];

const statuses = async (url: string, paths: string[]): Promise<Record<string, number>> =>
  Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, (await request(url).get(path)).status] as const)),
  );
const all = (paths: string[], status: number): Record<string, number> =>
  Object.fromEntries(paths.map((path) => [path, status]));

describe('MANAGEMENT_PORT', () => {
  it('gives the operator routes a separate port when it is set, and serves probes on both', async () => {
    const service = await startTestService({ MANAGEMENT_PORT: 0 });
    try {
      const own = service.managementUrl;
      expect(await statuses(service.url, OPERATORS)).toEqual(all(OPERATORS, 404));
      expect(await statuses(own, OPERATORS)).toEqual(all(OPERATORS, 200));
      expect(await statuses(service.url, PROBES)).toEqual(all(PROBES, 200));
      expect(await statuses(own, PROBES)).toEqual(all(PROBES, 200));
      const buyer = await request(own).post('/v1/api/queue/token').send({ userId: 1 });
      expect([buyer.status, buyer.body]).toMatchObject([404, { exception: { code: '404' } }]);
    } finally {
      await service.stop();
    }
  });

  it('empty: all are on PORT', async () => {
    const service = await startTestService({ MANAGEMENT_PORT: '' });
    try {
      expect(service.managementPort).toBeUndefined();
      expect(await statuses(service.url, [...OPERATORS, ...PROBES])).toEqual(
        all([...OPERATORS, ...PROBES], 200),
      );
    } finally {
      await service.stop();
    }
  });

  it('empty in production: they are nowhere, and the log says so', async () => {
    const service = await new ServiceProcess({ NODE_ENV: 'production' }).start();
    expect(await statuses(service.url, OPERATORS)).toEqual(all(OPERATORS, 404));
    expect(await statuses(service.url, PROBES)).toEqual(all(PROBES, 200));
    expect(service.lines.join('\n')).toContain('MANAGEMENT_PORT is empty');
    expect(await service.stop()).toBe(0);
  });

  it('serves metrics while it drains', async () => {
    const service = await new ServiceProcess({ MANAGEMENT_PORT: 0, SHUTDOWN_DRAIN_MS: 60_000 }).start();
    service.signal('SIGTERM');
    for (let ready = 200; ready === 200;)
      [ready] = Object.values(await statuses(service.url, ['/health/ready'])) as [number];
    expect(await statuses(service.managementUrl, ['/metrics', '/health/ready'])).toEqual({
      '/metrics': 200,
      '/health/ready': 503,
    });
    expect(await service.stop('SIGINT')).toBe(1);
  });
});
