import type { Forwards } from './forwards.ts';
import { API, type KubeProxy, NAMESPACE } from './kube.ts';

interface Condition {
  type: string;
  status: string;
  lastTransitionTime: string;
}
export interface Pod {
  metadata: { name: string; creationTimestamp: string; deletionTimestamp?: string };
  spec: { containers: { ports?: { name: string; containerPort: number }[] }[]; nodeName?: string };
  status: {
    phase: string;
    conditions?: Condition[];
    containerStatuses?: { state: { running?: { startedAt: string } } }[];
  };
}

const SELECTOR = `app.kubernetes.io/instance=concert,app.kubernetes.io/component=`;

/** The pods of one component of the release: api, worker, mariadb, … */
export async function podsOf(kube: KubeProxy, component = 'api'): Promise<Pod[]> {
  const query = `labelSelector=${encodeURIComponent(SELECTOR + component)}`;
  const { items } = await kube.json<{ items: Pod[] }>(`/api/v1/namespaces/${NAMESPACE}/pods?${query}`);
  return items;
}

/** When a condition became true, milliseconds since 1970 (Kubernetes tells whole seconds); undefined: it is not. */
export function since({ status }: Pod, type: 'PodScheduled' | 'Ready'): number | undefined {
  const condition = status.conditions?.find((it) => it.type === type && it.status === 'True');
  return condition && Date.parse(condition.lastTransitionTime);
}

export const startedAt = ({ status }: Pod): number | undefined => {
  const running = status.containerStatuses?.[0]?.state.running;
  return running && Date.parse(running.startedAt);
};

const ANSWER_WITHIN_MS = 2000;

/** The pod's /metrics; undefined while it does not answer. */
export async function metricsOf(forwards: Forwards, pod: Pod): Promise<string | undefined> {
  const ports = pod.spec.containers[0]?.ports ?? [];
  const port = (ports.find(({ name }) => name === 'management') ?? ports[0])?.containerPort ?? 8080;
  const url = await forwards.urlOf(pod.metadata.name, port);
  if (url === undefined) return undefined;
  try {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

interface Autoscaler {
  status: { desiredReplicas?: number };
}

/** How many pods the autoscaler wants; undefined where there is none. */
export async function desiredReplicas(kube: KubeProxy): Promise<number | undefined> {
  try {
    const path = `/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers/${API}`;
    return (await kube.json<Autoscaler>(path)).status.desiredReplicas;
  } catch {
    return undefined;
  }
}
