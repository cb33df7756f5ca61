import { helm, kubectl, KubeProxy } from '../../lab/k8s/cluster/kube.ts';
import { podsOf } from '../../lab/k8s/cluster/pods.ts';
import { until } from '../support/wait';
import { leftovers, unwanted } from './leftovers';
import { Shoppers } from './shoppers';
import {
  absenceOf,
  buyTicket,
  cluster,
  expectInvariantsInCluster,
  killOne,
  killUnderLoad,
  load,
  readyPods,
  sql,
  upgrade,
  withApi,
  withPodOf,
} from './support';

/**
 * npm run cluster -- test: the product on kubectl's current context, from the installation to its end. One story: each
 * test goes on where the one before stopped.
 */
const OPTIONS = JSON.parse(process.env.CLUSTER_OPTIONS ?? '[]') as string[];

jest.setTimeout(15 * 60_000);
const tell = (text: string): void => void process.stdout.write(`    ${text}\n`);

/** A script that connects to the database; `denied` is what it does when it cannot. */
const connecting = (denied: string): string =>
  `require('net').connect(3306,'concert-mariadb').setTimeout(4000,()=>{${denied}}).on('error',()=>{${denied}}).on('connect',()=>process.exit())`;

let kube: KubeProxy;
beforeAll(async () => {
  kube = await KubeProxy.start();
});
afterAll(() => {
  kube.stop();
});

describe('the concert on a cluster', () => {
  it('is installed and serves', async () => {
    const start = performance.now();
    const { code, output } = await cluster('deploy', ...OPTIONS);
    if (code !== 0) throw new Error(output);
    await until('serving', () => withApi(async (url) => (await fetch(`${url}/health/ready`)).ok), 120_000);
    const took = (performance.now() - start) / 1000;
    tell(`helm install to a serving API: ${took.toFixed(1)} s`);
  });

  it('keeps the restricted Pod Security level', async () => {
    const labels = await kubectl('get', 'namespace', 'concert', '--output', 'jsonpath={.metadata.labels}');
    expect(labels).toContain('"pod-security.kubernetes.io/enforce":"restricted"');
    expect((await readyPods(kube, 'api')).length).toBeGreaterThan(0);
  });

  it('passes helm test', async () => {
    expect(await helm('test', 'concert')).toMatch(/Phase:\s+Succeeded/);
  });

  it('sells a ticket', async () => {
    expect(await buyTicket(1)).toBe('200');
    await expectInvariantsInCluster();
  });

  it('lets nobody to the database but its own', async () => {
    const image = await kubectl('get', 'deployment', 'concert-api', '--output', 'jsonpath={..image}');
    const container = {
      name: 'stranger',
      image,
      imagePullPolicy: 'IfNotPresent',
      args: ['--eval', connecting('process.exit(7)')],
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    };
    const security = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } };
    const overrides = {
      apiVersion: 'v1',
      spec: { restartPolicy: 'Never', securityContext: security, containers: [container] },
    };
    await kubectl('run', 'stranger', `--image=${image}`, `--overrides=${JSON.stringify(overrides)}`);
    const code = await until(
      'the stranger has tried',
      async () => {
        const path = 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}';
        const ended = await kubectl('get', 'pod', 'stranger', '--output', path);
        return ended === '' ? undefined : ended;
      },
      60_000,
    );
    await kubectl('delete', 'pod', 'stranger', '--wait=true');
    expect(code).toBe('7');
  });

  it('is loaded by k6 as a Job, whose thresholds hold', async () => {
    const { code, output, requests } = await load('purchase', 'RATE=3', 'DURATION=20s', 'P99_MS=1000');
    tell(requests);
    expect(output).toContain('all thresholds hold');
    expect(code).toBe(0);
  });

  it('is loaded by several pods, which are judged as one', async () => {
    const pods = ['--pods', '2'];
    const { code, output, requests } = await load('token', 'RATE=20', 'DURATION=10s', 'P99_MS=5000', ...pods);
    tell(requests);
    expect(output).toMatch(/2 pods, .* (19\d|20\d) requests, /);
    expect(output).toContain('all thresholds hold');
    expect(code).toBe(0);
  });

  it('says of a Job that its thresholds failed', async () => {
    const { code, output } = await load('token', 'RATE=50', 'DURATION=5s', 'P99_MS=1');
    expect(output).toContain('thresholds failed');
    expect(code).toBe(99);
    const ended = ['--selector', 'app.kubernetes.io/component=k6', '--output'];
    const message = await kubectl('get', 'pods', ...ended, 'jsonpath={..terminated.message}');
    expect(message).toContain('thresholds failed');
  });

  it('scales out under load', async () => {
    const before = (await readyPods(kube, 'api')).length;
    await upgrade('--set', 'concert-api.hpa.cpu=40m');
    const [{ code, output }] = await Promise.all([
      load('check', 'RATE=200', 'DURATION=75s', 'P99_MS=1000'),
      until('more pods ready', async () => (await readyPods(kube, 'api')).length > before, 180_000),
    ]);
    tell(`from ${before} to ${(await readyPods(kube, 'api')).length} ready pods`);
    if (code !== 0) throw new Error(output);
    await upgrade('--set', 'concert-api.hpa.cpu=');
  });

  it('is upgraded under load at its maximum without a failed request, and without a pod that the quota refuses', async () => {
    const quota = await kubectl('get', 'resourcequota', 'concert-api', '--output', 'jsonpath={.spec.hard}');
    const most = 4;
    const worker = absenceOf(kube, 'worker');
    const [{ code, requests }] = await Promise.all([
      load('purchase', 'RATE=5', 'DURATION=60s', 'P99_MS=5000'),
      (async () => {
        await upgrade('--set', `concert-api.api.minReplicas=${most}`);
        await until('the maximum', async () => (await readyPods(kube, 'api')).length === most, 180_000);
        await upgrade('--set-string', 'concert-api.podAnnotations.upgrade=1');
      })(),
    ]);
    tell(`quota ${quota}; no ready worker for ${(await worker.stop()).toFixed(1)} s at most`);
    const failures = ['--field-selector', 'reason=FailedCreate', '--output', 'json'];
    const events = await kubectl('get', 'events', ...failures);
    const refused = (JSON.parse(events) as { items: { message: string }[] }).items.map(
      ({ message }) => message,
    );
    expect(refused.filter((message) => message.includes('exceeded quota: concert-api'))).toEqual([]);
    tell(requests);
    expect(requests).toContain(' 0.00 % failed');
    expect(code).toBe(0);
    await expectInvariantsInCluster();
  });

  it('shows the pages and the status of the queue when there is no API, and lets them to no database', async () => {
    const before = (await readyPods(kube, 'api')).length;
    await kubectl('scale', 'deployment/concert-api', '--replicas=0'); // it also stops the autoscaler
    try {
      await until('no pod of the API', async () => (await podsOf(kube, 'api')).length === 0, 120_000);
      await withPodOf('concert-api-web', async (url) => {
        const status = await fetch(`${url}/v1/api/queues/main/status`);
        const { data } = (await status.json()) as { data: { issued: number } };
        expect([(await fetch(`${url}/`)).status, status.status, data.issued > 0]).toEqual([200, 200, true]);
        expect((await fetch(`${url}/v1/api/concerts/schedule`)).status).toBe(404);
      });
      const node = ['exec', 'deployment/concert-api-web', '--', '/usr/local/bin/node', '--eval'];
      const tried = await kubectl(...node, connecting("console.log('denied');process.exit()"));
      expect(tried.trim()).toBe('denied');
    } finally {
      await kubectl('scale', 'deployment/concert-api', `--replicas=${before}`);
      await until('the API is back', async () => (await readyPods(kube, 'api')).length >= before, 180_000);
    }
  });

  it('replaces an API pod that was killed', async () => {
    const took = await killOne(kube, 'api', '--force', '--grace-period=0');
    tell(`ready again after ${took.toFixed(1)} s`);
    expect(await buyTicket(2)).toBe('200');
  });

  it.each([
    ['redis', 1000],
    ['mariadb', 20_000],
  ])(
    'answers only 503 while %s is killed under load, and sells on without losing a sale',
    async (store, firstUserId) => {
      await withApi(async (url) => {
        const shoppers = new Shoppers(url, firstUserId, 8);
        const { killedAt, took, back } = await killUnderLoad(kube, store, shoppers);
        const statuses = shoppers.statuses(killedAt);
        const again = shoppers.paidAgainAfter(killedAt) ?? back;
        tell(`${store} ready after ${took.toFixed(1)} s, tickets paid again after ${again.toFixed(1)} s`);
        tell(`answers since: ${JSON.stringify(statuses)}; ${shoppers.paid.length} tickets paid in all`);
        expect(Object.keys(statuses).filter((status) => Number(status) >= 500 && status !== '503')).toEqual(
          [],
        );
        expect(statuses['0'] ?? 0).toBe(0); // each request is answered
        const ids = shoppers.paid.join();
        const rows = await sql(
          `SELECT COUNT(*) FROM reservation r JOIN concert_seat s ON s.id = r.seat_id
            WHERE r.id IN (${ids}) AND r.status = 'RESERVED' AND s.status = 'RESERVED'`,
        );
        expect(Number(rows)).toBe(shoppers.paid.length);
      });
      await expectInvariantsInCluster();
    },
  );

  it('is whole again after MariaDB has lost its disk, from its backup', async () => {
    const tickets = "SELECT COUNT(*) FROM reservation WHERE status = 'RESERVED'";
    expect(await buyTicket(5)).toBe('200');
    const sold = await sql(tickets);
    const backup = await cluster('backup');
    if (backup.code !== 0) throw new Error(backup.output);
    tell(backup.output.trim());
    await kubectl('delete', 'persistentvolumeclaim', 'data-concert-mariadb-0', '--wait=false');
    await killOne(kube, 'mariadb', '--force', '--grace-period=0');
    expect(await sql("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'concert'")).toBe(
      '0',
    );
    const restore = await cluster('restore', '--replace');
    if (restore.code !== 0) throw new Error(restore.output);
    tell(restore.output.trim().replaceAll('\n', '\n    '));
    expect(await sql(tickets)).toBe(sold);
    await expectInvariantsInCluster();
    expect(await buyTicket(6)).toBe('200');
  });

  it('leaves nothing behind', async () => {
    const { code, output } = await cluster('down', '--keep-cluster');
    if (code !== 0) throw new Error(output);
    await until('all pods gone', async () => (await podsOf(kube, 'api')).length === 0, 120_000);
    const isClean = async (): Promise<boolean> => (await unwanted()).length === 0;
    await until('only data left', isClean, 120_000).catch(() => undefined);
    expect(await unwanted()).toEqual([]);
    expect((await leftovers()).filter((it) => !it.startsWith('persistentvolume/')).sort()).toEqual([
      'persistentvolumeclaim/concert-api-backup',
      ...['kafka', 'mariadb', 'redis'].map((it) => `persistentvolumeclaim/data-concert-${it}-0`),
      ...['mariadb', 'redis'].map((it) => `secret/concert-${it}`),
    ]);
    await kubectl('delete', 'persistentvolumeclaims,secrets', '-l', 'app.kubernetes.io/instance=concert');
    const isEmpty = async (): Promise<boolean> => (await leftovers()).length === 0;
    await until('nothing left', isEmpty, 120_000).catch(() => undefined);
    expect(await leftovers()).toEqual([]);
    expect(await kubectl('get', 'priorityclasses', '--output', 'name')).not.toContain('concert');
  });
});
