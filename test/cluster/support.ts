import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chart, helm, kubectl, KubeProxy } from '../../lab/k8s/cluster/kube.ts';
import { type Pod, podsOf, since } from '../../lab/k8s/cluster/pods.ts';
import { Buyer, outcome } from '../support/clients/buyer';
import { until } from '../support/wait';
import type { Shoppers } from './shoppers';

const root = join(__dirname, '../..');
const RECOVERY_MS = 180_000;

export interface Ended {
  code: number;
  output: string;
}

/** What a user types: `npm run cluster -- …`. */
export function cluster(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: root, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, ['scripts/cluster.js', ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
    });
  });
}

/** Calls `use` with a URL of the API, by a port-forward to one of its pods. */
export const withApi = <T>(use: (url: string) => Promise<T>): Promise<T> => withPodOf('concert-api', use);

/** The same for the pods of another Service. kubectl may pick a pod that is just starting, and then gives up. */
export async function withPodOf<T>(service: string, use: (url: string) => Promise<T>): Promise<T> {
  const { url, child } = await until(`a port-forward to ${service}`, () => forwardTo(service), RECOVERY_MS);
  try {
    return await use(url);
  } finally {
    child.kill();
  }
}

/** @returns undefined when kubectl has given up */
async function forwardTo(service: string): Promise<{ url: string; child: ChildProcess } | undefined> {
  const args = ['--namespace', 'concert', 'port-forward', `service/${service}`, ':8080'];
  const child = spawn(process.env.KUBECTL ?? 'kubectl', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(() => undefined);
  const line = await Promise.race([once(child.stdout, 'data') as Promise<[Buffer]>, ended]);
  const port = /127\.0\.0\.1:(\d+)/.exec(line?.[0].toString() ?? '')?.[1];
  return port === undefined ? undefined : { url: `http://127.0.0.1:${port}`, child };
}

/** What MariaDB answers to its root: one value. */
export async function sql(query: string): Promise<string> {
  const client =
    'mariadb --batch --skip-column-names -uroot -p"$MARIADB_ROOT_PASSWORD" concert --execute="$0"';
  return (
    await kubectl('exec', 'concert-mariadb-0', '--container', 'mariadb', '--', 'sh', '-c', client, query)
  ).trim();
}

/** Looks twice a second whether a component has a ready pod. `stop` tells for how many seconds at most it had none. */
export function absenceOf(kube: KubeProxy, component: string): { stop: () => Promise<number> } {
  const end = new AbortController();
  let longest = 0;
  const watching = (async () => {
    let since: number | undefined;
    while (!end.signal.aborted) {
      const isThere = (await readyPods(kube, component)).length > 0;
      since = isThere ? undefined : (since ?? performance.now());
      if (since !== undefined) longest = Math.max(longest, performance.now() - since);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  })();
  return {
    stop: async () => {
      end.abort();
      await watching;
      return longest / 1000;
    },
  };
}

/** Ready pods of a component that are not on their way out. */
export async function readyPods(kube: KubeProxy, component: string): Promise<Pod[]> {
  const pods = await podsOf(kube, component);
  return pods.filter(
    (pod) => since(pod, 'Ready') !== undefined && pod.metadata.deletionTimestamp === undefined,
  );
}

/** Deletes one pod of a component and waits until others, as many as there were, are ready. @returns seconds */
export async function killOne(kube: KubeProxy, component: string, ...how: string[]): Promise<number> {
  const before = await readyPods(kube, component);
  const victim = before[0]?.metadata;
  if (victim === undefined) throw new Error(`No pod of ${component} is ready.`);
  const start = performance.now();
  await kubectl('delete', 'pod', victim.name, '--wait=false', ...how);
  await until(
    `${component} ready again`,
    async () => {
      const pods = await readyPods(kube, component);
      const isOld = pods.some(({ metadata }) => metadata.creationTimestamp === victim.creationTimestamp);
      return pods.length >= before.length && (before.length > 1 || !isOld);
    },
    RECOVERY_MS,
  );
  return (performance.now() - start) / 1000;
}

/** k6 asks for little, so that it finds room on any node. */
const LITTLE = ['--set', 'resources.requests.cpu=100m'];

/** Runs a scenario as a Job; `requests` is its line of them. */
export async function load(...args: string[]): Promise<Ended & { requests: string }> {
  const { code, output } = await cluster('load', ...args, ...LITTLE);
  const line = output.split('\n').find((each) => / requests, /.test(each)) ?? output;
  return { code, output, requests: line.trim() };
}

/** A journey from the token to the paid ticket. @returns what the payment was answered */
export async function buyTicket(userId: number): Promise<string> {
  return withApi(async (url) => {
    const buyer = await new Buyer(url, userId).enter();
    await until('inside', async () => (await buyer.check()).text.includes('PROGRESS'));
    expect(outcome(await buyer.charge(500_000))).toBe('200');
    const { data } = (await buyer.schedules()).body as { data: { scheduleId: number }[] };
    const { scheduleId } = data.at(-1) ?? { scheduleId: 0 };
    const seats = ((await buyer.seats(scheduleId)).body as { data: { seatId: number }[] }).data;
    for (const { seatId } of seats.slice(0, 5)) {
      const held = await buyer.reserve(scheduleId, seatId);
      if (held.status !== 200) continue;
      const { reservationId } = (held.body as { data: { reservationId: number } }).data;
      return outcome(await buyer.pay(reservationId));
    }
    return 'no seat';
  });
}

export async function upgrade(...values: string[]): Promise<void> {
  await helm(
    'upgrade',
    'concert',
    chart('concert'),
    '--reuse-values',
    '--server-side=true',
    '--force-conflicts',
    ...values,
    '--wait',
  );
  await kubectl('rollout', 'status', 'deployment/concert-api', '--timeout=5m');
}

/** Ends the shoppers. @returns the seconds until the store's next pod was ready, and until a ticket was paid again */
export async function killUnderLoad(
  kube: KubeProxy,
  store: string,
  shoppers: Shoppers,
): Promise<{ killedAt: number; took: number; back: number }> {
  try {
    await until('tickets are sold', () => shoppers.paid.length >= 8, 120_000);
    const killedAt = performance.now();
    const took = await killOne(kube, store, '--force', '--grace-period=0');
    const back = await until('tickets are sold again', () => shoppers.paidAgainAfter(killedAt), 120_000);
    await sleep(5000); // whether it stays so
    return { killedAt, took, back };
  } finally {
    await shoppers.stop();
  }
}

export async function expectInvariantsInCluster(): Promise<void> {
  // Kafka is also tried: only the worker may connect.
  const verify = ['exec', 'deployment/concert-api-worker', '--', '/usr/local/bin/node', 'dist/cli/verify.js'];
  const verified = await kubectl(...verify);
  expect(verified).toContain('I1');
  expect(verified).not.toMatch(/violated/i);
}
