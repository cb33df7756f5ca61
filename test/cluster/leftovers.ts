import { kubectl, NAMESPACE } from '../../lab/k8s/cluster/kube.ts';

/** What a namespace has of itself, and what k8s/namespace.yaml gives it. */
const NOT_OURS = /kube-root-ca\.crt|serviceaccount\/default|resourcequota\/all/;
/** What `helm uninstall` leaves of the stores. */
const KEPT =
  /^(persistentvolumeclaim\/(data-concert-|concert-api-backup$)|secret\/concert-(mariadb|redis)$|persistentvolume\/)/;
const KINDS = [
  'all',
  'persistentvolumeclaims',
  'secrets',
  'configmaps',
  'networkpolicies',
  'poddisruptionbudgets',
  'serviceaccounts',
  'roles',
  'rolebindings',
  'resourcequotas',
  'ingresses',
].join();

/** Those that go with their claims; what a storage class retains is its own affair. */
async function claimedVolumes(): Promise<string> {
  const { items } = JSON.parse(await kubectl('get', 'persistentvolumes', '--output', 'json')) as {
    items: {
      metadata: { name: string };
      spec: { claimRef?: { namespace: string }; persistentVolumeReclaimPolicy: string };
    }[];
  };
  return items
    .filter(({ spec }) => spec.claimRef?.namespace === NAMESPACE)
    .filter(({ spec }) => spec.persistentVolumeReclaimPolicy === 'Delete')
    .map(({ metadata }) => `persistentvolume/${metadata.name}\n`)
    .join('');
}

/** Names of what the release has left in the cluster. */
export async function leftovers(): Promise<string[]> {
  const names = `${await kubectl('get', KINDS, '--output', 'name')}${await claimedVolumes()}`.split('\n');
  return names.filter((name) => name !== '' && !NOT_OURS.test(name));
}

/** Those that should have gone: what was bought outlives the release, with the passwords that open it. */
export const unwanted = async (): Promise<string[]> => (await leftovers()).filter((name) => !KEPT.test(name));
