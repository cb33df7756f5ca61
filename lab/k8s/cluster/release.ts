import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chart, helm, kubectl, RELEASE } from './kube.ts';

export type Values = Record<string, unknown>;

const INSTALL_TIMEOUT = '5m';

/** The release as its user has installed it; an experiment lays its variants over it, and puts it back at the end. */
export class Release {
  private readonly folder: string;
  private readonly base: string;

  private constructor(folder: string, base: string) {
    this.folder = folder;
    this.base = base;
  }

  /** @throws Error when nothing is installed */
  static async find(folder: string): Promise<Release> {
    const base = join(folder, 'values.json');
    try {
      writeFileSync(base, await helm('get', 'values', RELEASE, '--output', 'json'));
    } catch (error) {
      throw new Error('The concert is not installed: npm run cluster -- deploy', { cause: error });
    }
    return new Release(folder, base);
  }

  /** Installs the variant and waits until all its pods are ready. */
  async deploy(name: string, variant: Values): Promise<void> {
    const file = join(this.folder, `values-${name}.json`);
    writeFileSync(file, `${JSON.stringify(variant, null, 2)}\n`);
    await this.upgrade('--values', file);
    await kubectl('rollout', 'status', 'deployment/concert-api', `--timeout=${INSTALL_TIMEOUT}`);
  }

  async restore(): Promise<void> {
    await this.upgrade();
  }

  private async upgrade(...values: string[]): Promise<void> {
    const wait = ['--wait', '--timeout', INSTALL_TIMEOUT];
    await helm(
      'upgrade',
      RELEASE,
      chart('concert'),
      '--reset-values',
      // The autoscaler's controller, or somebody who has scaled beforehand, may have set the same fields.
      '--server-side=true',
      '--force-conflicts',
      '--values',
      this.base,
      ...values,
      ...wait,
    );
  }
}

/** `over` laid over `under`, as Helm does it. */
export function merged(under: Values, over: Values): Values {
  const isMap = (it: unknown): it is Values => typeof it === 'object' && it !== null && !Array.isArray(it);
  return Object.entries(over).reduce<Values>((all, [key, value]) => {
    const before = all[key];
    return { ...all, [key]: isMap(before) && isMap(value) ? merged(before, value) : value };
  }, under);
}
