import { setTimeout as sleep } from 'node:timers/promises';
import { kubectl, type KubeProxy, NAMESPACE } from './kube.ts';
import { podsOf, since } from './pods.ts';

/**
 * Empties a node as its upgrade would. A cluster of one node has nowhere to go: there every API pod is evicted in
 * turn, which is what a drain does, by the same disruption budget.
 * @returns what was done
 */
export async function drain(kube: KubeProxy): Promise<string> {
  const { items: nodes } = await kube.json<{ items: { spec: { taints?: { effect: string }[] } }[] }>(
    '/api/v1/nodes',
  );
  const usable = nodes.filter(({ spec }) => !spec.taints?.some(({ effect }) => effect === 'NoSchedule'));
  const node = (await podsOf(kube))[0]?.spec.nodeName ?? '';
  if (usable.length > 1) {
    await kubectl(
      'drain',
      node,
      '--ignore-daemonsets',
      '--delete-emptydir-data',
      '--pod-selector',
      'app.kubernetes.io/component in (api, worker)',
    );
    await kubectl('uncordon', node);
    return `node ${node} drained`;
  }
  const pods = (await podsOf(kube)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  for (const { metadata } of pods) await evict(kube, metadata.name);
  return `${pods.length} pods evicted in turn (one node)`;
}

const TOO_MANY = /: 429 /;

/** Asks until the budget allows it, then waits until as many pods are ready as before. */
async function evict(kube: KubeProxy, name: string): Promise<void> {
  const ready = async (): Promise<number> =>
    (await podsOf(kube)).filter((pod) => since(pod, 'Ready') !== undefined && !pod.metadata.deletionTimestamp)
      .length;
  const before = await ready();
  const body = JSON.stringify({
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace: NAMESPACE },
  });
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body };
  for (;;) {
    try {
      await kube.text(`/api/v1/namespaces/${NAMESPACE}/pods/${name}/eviction`, init);
      break;
    } catch (error) {
      if (!TOO_MANY.test(String(error))) throw error;
      await sleep(1000);
    }
  }
  while ((await ready()) < before) await sleep(500);
}
