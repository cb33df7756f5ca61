import request from 'supertest';
import { useService } from '../support/suite';

/** Bytes that travel, with brotli. */
const BUDGET = 80_000;

describe('the operator’s page', () => {
  const app = useService({ MANAGEMENT_PORT: 0 });
  const get = (path: string): request.Test =>
    request(app.managementUrl).get(path).set('Accept-Encoding', 'br');
  const attribute = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? '';
  const assets = async (): Promise<string[]> => {
    const { text } = await get('/operator');
    return [attribute(text, /src="([^"]+)"/), attribute(text, /rel="stylesheet" href="([^"]+)"/)];
  };

  it('needs at most 80 kB in all', async () => {
    const sizes: number[] = [];
    for (const path of ['/operator', ...(await assets())]) {
      const answer = await get(path);
      expect([path, answer.status, answer.headers['content-encoding']]).toEqual([path, 200, 'br']);
      sizes.push(Number(answer.headers['content-length']));
    }
    expect(sizes.reduce((a, b) => a + b)).toBeLessThanOrEqual(BUDGET);
  });

  it('runs no code but its own, stands in nobody’s frame, and is for nobody’s cache', async () => {
    const answer = await get('/operator');
    const policy = String(answer.headers['content-security-policy']);
    for (const rule of ["default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"])
      expect(policy).toContain(rule);
    expect(policy).not.toContain('unsafe');
    expect(answer.headers['cache-control']).toBe('no-cache, private');
    expect(answer.text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?:|\{\{/);
  });

  it('is not on the public port', async () => {
    for (const path of ['/operator', ...(await assets())])
      expect([path, (await request(app.url).get(path)).status]).toEqual([path, 404]);
  });
});
