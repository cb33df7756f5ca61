import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/lib/ports';
import { useService } from '../support/suite';
import { until } from '../support/wait';

const EXAMPLES = join(__dirname, '../../k8s/caches');

/** How each cache is started with its example, which names other addresses and folders. */
const CACHES: Record<'nginx' | 'varnish', (dir: string, ports: Ports) => [string | undefined, string[]]> = {
  nginx: (dir, { own, origin }) => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${dir}/${name};`,
    );
    const config = example('nginx.conf')
      .replace('http {', `http { ${temporary.join(' ')}`)
      .replace('/var/cache/nginx/concert', `${dir}/cache`)
      .replace('concert-web:8080', `127.0.0.1:${origin}`)
      .replace('listen 8080', `listen 127.0.0.1:${own}`);
    writeFileSync(`${dir}/nginx.conf`, config);
    const user = process.getuid?.() === 0 ? 'user root;' : ''; // the folder is this user's alone
    const globals = `daemon off; ${user} pid ${dir}/pid; error_log ${dir}/log;`;
    return [process.env.NGINX, ['-p', dir, '-c', `${dir}/nginx.conf`, '-g', globals]];
  },
  varnish: (dir, { own, origin }) => {
    const config = example('varnish.vcl')
      .replace('"concert-web"', '"127.0.0.1"')
      .replace('8080', String(origin))
      .replace('.interval = 1s', '.interval = 1h'); // nothing is noticed until a read fails
    writeFileSync(`${dir}/cache.vcl`, config);
    const address = ['-a', `127.0.0.1:${own}`];
    return [
      process.env.VARNISHD,
      ['-j', 'none', '-F', '-f', `${dir}/cache.vcl`, ...address, '-n', `${dir}/varnish`, '-s', 'malloc,32m'],
    ];
  },
};

interface Ports {
  own: number;
  origin: number;
}

const example = (name: string): string => readFileSync(join(EXAMPLES, name), 'utf8');
const PROGRAMS = { nginx: process.env.NGINX, varnish: process.env.VARNISHD };

for (const name of ['nginx', 'varnish'] as const)
  (PROGRAMS[name] === undefined ? describe.skip : describe)(`${name} in front of the service`, () => {
    const app = useService({ QUEUE_MAX_ACTIVE: 1, QUEUE_PRESENCE_TIMEOUT_SECONDS: 3600 });
    const agent = new Agent({ keepAlive: true, maxSockets: 50 });
    const dir = mkdtempSync(join(tmpdir(), `${name}-`));
    let counter: Server;
    let cache: ChildProcess;
    let url: string;
    /** Paths of the requests that reach the service. */
    const reached: string[] = [];

    beforeAll(async () => {
      counter = createServer((req, res) => {
        reached.push(req.url ?? '');
        const { method, headers } = req;
        const sent = forward(new URL(req.url ?? '', app.url), { method, headers }, (answer) => {
          res.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(res);
        });
        req.pipe(sent.on('error', () => res.destroy()));
      });
      await new Promise<void>((resolve) => counter.listen(0, '127.0.0.1', resolve));
      const ports = { own: await freePort(), origin: (counter.address() as AddressInfo).port };
      const [program = '', args] = CACHES[name](dir, ports);
      cache = spawn(program, args, { stdio: 'ignore' });
      url = `http://127.0.0.1:${ports.own}`;
      await until(`${name} answers`, () =>
        read('/health/live').then(
          ({ status }) => status === 200,
          () => false,
        ),
      );
    });
    afterAll(async () => {
      agent.destroy();
      const ended = once(cache, 'exit');
      cache.kill();
      await ended;
      counter.closeAllConnections();
      counter.close();
      rmSync(dir, { recursive: true, force: true });
    });

    const read = (path: string, headers = {}): Promise<{ status: number; body: string }> =>
      new Promise((resolve, reject) => {
        get(url + path, { agent, headers }, (answer) => {
          let body = '';
          answer.setEncoding('utf8').on('data', (text: string) => (body += text));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
        }).on('error', reject);
      });
    const statusPath = (): string => `/v1/api/queues/${app.queueId}/status`;
    const isKept = (path: string): boolean => path === statusPath() || path === '/';

    it('sends on one request a second for a status and a page, whether few read them or many', async () => {
      for (const reads of [100, 3000]) {
        reached.length = 0;
        const startedAt = performance.now();
        for (let done = 0; done < reads; done += 100) {
          const paths = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? statusPath() : '/'));
          const answers = await Promise.all(paths.map((path) => read(path)));
          expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
        }
        const seconds = (performance.now() - startedAt) / 1000;
        // A status is kept for a second; the first reads, the page and the end of the last second come on top.
        expect(reached.filter(isKept).length).toBeLessThanOrEqual(seconds + 4);
      }
    });

    it('caches no answer that belongs to a user', async () => {
      const { token } = await app.buyer(100);
      const headers = { Authorization: token };
      reached.length = 0;
      const amounts = [
        await read('/v1/api/user/amount', headers),
        await read('/v1/api/user/amount'),
        await read('/v1/api/user/amount', headers),
      ];
      expect(amounts.map(({ status }) => status)).toEqual([200, 401, 200]);
      expect(reached.filter((path) => path === '/v1/api/user/amount')).toHaveLength(3);
    });

    it('keeps no error: what is not there yet is asked for again', async () => {
      const log = `/v1/api/transparency/${app.queueId}`;
      const paths = [
        '/assets/of-the-next-version.js',
        `${log}/tile/0/000`,
        `${log}/inclusion?seq=1&generation=1`,
      ];
      reached.length = 0;
      for (const path of [...paths, ...paths]) expect([path, (await read(path)).status]).toEqual([path, 404]);
      expect(reached.filter((path) => paths.includes(path))).toEqual([...paths, ...paths]);
    });

    it('goes on serving page and status while nothing answers behind it', async () => {
      const before = await read('/');
      await read(statusPath());
      counter.closeAllConnections();
      await new Promise((resolve) => counter.close(resolve));
      const seen = reached.length;
      const first = performance.now();
      // Longer than stale-while-revalidate allows.
      for (let i = 0; i < 20 || performance.now() - first < 9000; i++) {
        expect(await read('/')).toEqual(before);
        expect((await read(statusPath())).status).toBe(200);
      }
      expect(reached).toHaveLength(seen);
    });
  });
