import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Where charts/concert is installed, and its release. */
export const NAMESPACE = 'concert';
export const RELEASE = 'concert';
export const API = 'concert-api';

const run = promisify(execFile);
const MOST_OUTPUT = 64 * 1024 * 1024;

/** Where a chart is, with all that it is made of. scripts/experiment.js and scripts/cluster/test.js say where they are. */
export const chart = (name: string): string => join(process.env.CHARTS ?? 'charts', name);

/** scripts/experiment.js and test/cluster say where the programs are. @throws Error with what the program said */
async function call(program: string | undefined, name: string, args: string[]): Promise<string> {
  try {
    const { stdout } = await run(program ?? name, args, { maxBuffer: MOST_OUTPUT });
    return stdout;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? String(error);
    throw new Error(`${name} ${args.join(' ')}: ${said.replace(/^level=INFO .*\n/gm, '').trim()}`, {
      cause: error,
    });
  }
}

export const kubectl = (...args: string[]): Promise<string> =>
  call(process.env.KUBECTL, 'kubectl', ['--namespace', NAMESPACE, ...args]);

export const helm = (...args: string[]): Promise<string> =>
  call(process.env.HELM, 'helm', ['--namespace', NAMESPACE, ...args]);

/** The Kubernetes API by HTTP: starting a program for each question, once a second, would be a load in itself. */
export class KubeProxy {
  private readonly child: ChildProcess;
  private readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
  }

  static async start(): Promise<KubeProxy> {
    const child = spawn(process.env.KUBECTL ?? 'kubectl', ['proxy', '--port=0'], {
      stdio: ['ignore', 'pipe', 'ignore'], // it tells of each pod that has gone while it was asked
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const address = /127\.0\.0\.1:\d+/.exec(line.toString())?.[0];
    if (address === undefined) throw new Error(`kubectl proxy: ${line.toString()}`);
    return new KubeProxy(child, `http://${address}`);
  }

  async text(path: string, init: RequestInit = {}): Promise<string> {
    const response = await fetch(`${this.url}${path}`, { ...init, signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.text();
  }

  async json<T>(path: string): Promise<T> {
    return JSON.parse(await this.text(path)) as T;
  }

  stop(): void {
    this.child.kill();
  }
}
