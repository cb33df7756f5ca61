import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeProxy } from '../../../lab/k8s/cluster/kube.ts';
import { Watch } from '../../../lab/k8s/watch.ts';
import { until } from '../../support/wait';

/**
 * A kubectl in front of a cluster whose network policies are kept: the API server may not call pods, a port-forward,
 * which ends inside the pod, may. Two pods run; of the second the forward breaks once.
 */
const KUBECTL = `const { createServer } = require('node:http');
const { existsSync, writeFileSync, appendFileSync } = require('node:fs');
const args = process.argv.slice(2);
appendFileSync(__dirname + '/calls', args.join(' ') + '\\n');
const pod = (name) => ({
  metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { containers: [{ ports: [{ name: 'management', containerPort: 9090 }] }] },
  status: { phase: 'Running', conditions: [], containerStatuses: [{ state: { running: { startedAt: '2026-01-01T00:00:01Z' } } }] },
});
const serve = (answer, said) => {
  const server = createServer((request, response) => {
    const { status = 200, text } = answer(request.url);
    response.writeHead(status).end(text);
  }).listen(0, '127.0.0.1', () => console.log(said + server.address().port));
};
if (args.includes('proxy'))
  serve((url) => {
    if (url.includes('/proxy/')) return { status: 503, text: 'the policy denies it' };
    if (url.includes('horizontalpodautoscalers')) return { text: '{"status":{"desiredReplicas":2}}' };
    return { text: JSON.stringify({ items: [pod('api-1'), pod('api-2')] }) };
  }, 'Starting to serve on 127.0.0.1:');
else if (args.includes('pod/api-2') && !existsSync(__dirname + '/broken')) writeFileSync(__dirname + '/broken', '');
else {
  const value = args.includes('pod/api-1') ? 7 : 9;
  const text = ['http_requests_in_flight ' + value, 'concert_queue_waiting{queue="main"} ' + value, ''].join('\\n');
  serve(() => ({ text }), 'Forwarding from 127.0.0.1:');
}
`;

let folder: string;
const before = process.env.KUBECTL;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'watch-'));
  process.env.KUBECTL = join(folder, 'kubectl');
  writeFileSync(join(folder, 'kubectl.js'), KUBECTL);
  // A first line that names the interpreter itself could have no blank in its path.
  const start = `#!/bin/sh\nexec "${process.execPath}" "${join(folder, 'kubectl.js')}" "$@"\n`;
  writeFileSync(process.env.KUBECTL, start, { mode: 0o755 });
});
afterAll(() => {
  process.env.KUBECTL = before;
  rmSync(folder, { recursive: true, force: true });
});

it('an experiment reads the metrics of pods that the API server may not reach', async () => {
  const kube = await KubeProxy.start();
  const server = join(folder, 'server.ndjson');
  const watch = new Watch(kube, server);
  watch.start();
  try {
    const whole = await until('both pods are read', () => {
      const last = watch.samples.at(-1);
      return last?.pods.every(({ metrics }) => metrics !== undefined) === true ? last : undefined;
    });
    expect(whole.desired).toBe(2);
    expect(whole.pods.map(({ name, metrics }) => [name, metrics?.http_requests_in_flight])).toEqual([
      ['api-1', 7],
      ['api-2', 9],
    ]);
    const calls = readFileSync(join(folder, 'calls'), 'utf8').split('\n');
    expect(calls.filter((it) => it.includes('port-forward pod/api-1'))).toHaveLength(1); // not one for each look
    const lines = readFileSync(server, 'utf8').trim().split('\n');
    // Requests in flight add up; all processes say the same of a queue.
    expect(lines.map((line) => (JSON.parse(line) as { values: object }).values)).toContainEqual(
      expect.objectContaining({ http_requests_in_flight: 16, 'concert_queue_waiting{queue="main"}': 9 }),
    );
  } finally {
    watch.stop();
    kube.stop();
  }
});
