import { type Invariants, invariantsOf } from '../../k6/runner/checks/verify.ts';
import { API, kubectl } from './cluster/kube.ts';

/** The invariants after a load on one line. Asked in a worker's pod, which reaches every store. */
export async function verify(queueId: string): Promise<Invariants> {
  const tool = ['/usr/local/bin/node', 'dist/cli/verify.js', '--json', '--queue', queueId];
  try {
    return invariantsOf(await kubectl('exec', `deployment/${API}-worker`, '--', ...tool));
  } catch (error) {
    const { stdout = '' } = ((error as Error).cause ?? {}) as { stdout?: string };
    if (stdout === '') throw error;
    return invariantsOf(stdout); // what is violated ends it with 1
  }
}
