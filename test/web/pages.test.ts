import { existsSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { useService } from '../support/suite';

const root = join(__dirname, '../..');

/** Bytes that travel, with brotli. */
const WAITING_BUDGET = 20_000;
const WHOLE_BUDGET = 45_000;

describe('the pages', () => {
  const app = useService({ QUEUE_MAX_WAIT_SECONDS: 1234, QUEUE_IDLE_TIMEOUT_SECONDS: 77 });
  const proving = useService({ TOKEN_GATE: 'proof-of-work' });
  const html = async (): Promise<string> => (await request(app.url).get('/')).text;
  const sent = async (path: string): Promise<number> => {
    const answer = await request(app.url).get(path).set('Accept-Encoding', 'br');
    expect([path, answer.status, answer.headers['content-encoding']]).toEqual([path, 200, 'br']);
    return Number(answer.headers['content-length']);
  };
  const sentAll = async (...paths: string[]): Promise<number> => {
    let bytes = 0;
    for (const path of paths) bytes += await sent(path);
    return bytes;
  };
  const attribute = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? '';

  it('have been built', () => {
    expect(existsSync(join(root, 'dist/web/index.html'))).toBe(true);
  });

  it('need at most 20 kB to wait with and 45 kB in all', async () => {
    const text = await html();
    const script = attribute(text, /src="([^"]+)"/);
    const style = attribute(text, /rel="stylesheet" href="([^"]+)"/);
    const shop = attribute(text, /name="concert-shop" content="([^"]+)"/);
    const shopText = (await request(app.url).get(shop)).text;
    const shopStyle = attribute(shopText, /"(\/assets\/shop-[^"]+\.css)"/);
    const waiting = await sentAll('/', script, style);
    expect(waiting).toBeLessThanOrEqual(WAITING_BUDGET);
    expect(waiting + (await sentAll(shop, shopStyle, '/sw.js'))).toBeLessThanOrEqual(WHOLE_BUDGET);
  });

  it('name their queue and its times', async () => {
    const text = await html();
    for (const [name, content] of [
      ['queue', app.queueId],
      ['max-wait', '1234'],
      ['idle', '77'],
    ])
      expect(text).toContain(`<meta name="concert-${name ?? ''}" content="${content ?? ''}"`);
    expect(text).not.toContain('{{');
  });

  it('run no code but their own, and stand in nobody’s frame', async () => {
    const answer = await request(app.url).get('/');
    expect(answer.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types app",
    );
    expect(answer.text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?:/);
  });

  it('load the proof of work only where a token costs one, in a worker that may compile WebAssembly', async () => {
    expect(await html()).toContain('<meta name="concert-cost" content=""');
    const script = attribute(
      (await request(proving.url).get('/')).text,
      /name="concert-cost" content="([^"]+)"/,
    );
    const answers = await Promise.all(
      [script, '/proof-worker.js'].map((path) => request(proving.url).get(path)),
    );
    const policyOf = (index: number): unknown => answers[index]?.headers['content-security-policy'];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(policyOf(0)).toBe((await request(app.url).get('/')).headers['content-security-policy']);
    expect(policyOf(1)).toBe("default-src 'none'; script-src 'wasm-unsafe-eval'");
  });

  it('are kept by caches: what has a hash in its name for a year, the page for a minute', async () => {
    const page = await request(app.url).get('/');
    expect(page.headers['cache-control']).toBe(
      'public, max-age=0, s-maxage=60, stale-while-revalidate=600, stale-if-error=86400',
    );
    const etag = String(page.headers.etag);
    expect((await request(app.url).get('/').set('If-None-Match', etag)).status).toBe(304);
    const asset = await request(app.url).get(attribute(page.text, /src="([^"]+)"/));
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  it('are the built files only: no other path leads to a file', async () => {
    for (const path of ['/assets/', '/assets/../package.json', '/index.html', '/assets/app.js', '/sw.js.br'])
      expect([path, (await request(app.url).get(path)).status]).toEqual([path, 404]);
    expect((await request(app.url).post('/')).status).toBe(405);
  });
});
