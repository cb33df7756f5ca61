import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { NAMESPACE } from './kube.ts';

interface Forward {
  child: ChildProcess;
  /** http://127.0.0.1:…; undefined: there is no way to the pod. */
  url: Promise<string | undefined>;
}

/**
 * Ways to ports of pods, by `kubectl port-forward`, one for each pod as long as it lives. They end inside the pod, where no
 * network policy applies. The proxy of the API server would be a stranger to the policies of the chart on every cluster
 * whose API server is on another node.
 */
export class Forwards {
  private readonly open = new Map<string, Forward>();

  /** @returns the pod's port as http://127.0.0.1:…, or undefined while it cannot be reached */
  urlOf(pod: string, port: number): Promise<string | undefined> {
    const { url } = this.open.get(pod) ?? this.start(pod, port);
    return url;
  }

  /** Ends those to other pods: they have gone. */
  keepOnly(pods: string[]): void {
    for (const [pod, { child }] of this.open) if (!pods.includes(pod)) child.kill();
  }

  stop(): void {
    for (const { child } of this.open.values()) child.kill();
  }

  private start(pod: string, port: number): Forward {
    const args = ['--namespace', NAMESPACE, 'port-forward', `pod/${pod}`, `:${port}`];
    const child = spawn(process.env.KUBECTL ?? 'kubectl', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = once(child, 'exit').catch(() => undefined);
    const ready = once(child.stdout, 'data').then(([line]) => {
      const address = /127\.0\.0\.1:\d+/.exec(String(line))?.[0];
      return address === undefined ? undefined : `http://${address}`;
    });
    // The next look tries again.
    void ended.then(() => this.open.delete(pod));
    const forward = { child, url: Promise.race([ready, ended.then(() => undefined)]) };
    this.open.set(pod, forward);
    return forward;
  }
}
