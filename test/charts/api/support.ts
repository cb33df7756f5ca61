import { type Manifest, manifestsOf, podsOf, refusal, render, type Values } from '../support';

export const beside: Values = {
  tokenSecret: 'a-token-secret-of-32-bytes-or-more',
  database: { host: 'concert-mariadb' },
  redis: { host: 'concert-redis' },
};

export const api = (values: Values): Promise<Manifest[]> =>
  render({ chart: 'concert-api', values: { ...beside, ...values } });
/** As `api({ preset })`, without a process of Helm. */
export const presetOf = (preset: string): Manifest[] => manifestsOf({ name: `concert-api-${preset}` });
export const refused = (values: Values): Promise<string> => refusal('concert-api', { ...beside, ...values });

export function the(manifests: Manifest[], kind: string, name = 'concert-api'): Manifest {
  const found = manifests.find((it) => it.kind === kind && it.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

export interface Env {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef: { name: string; key: string } };
}
export const envOf = (manifests: Manifest[], owner: string): Map<string, Env> => {
  const pod = podsOf(manifests).find((it) => it.owner === owner);
  const [container] = pod?.spec.containers ?? [];
  return new Map(((container?.env ?? []) as Env[]).map((it) => [it.name, it]));
};
