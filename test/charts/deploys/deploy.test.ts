/** How the image of `npm run cluster -- deploy` gets to the cluster of the current context. */
interface Delivery {
  repository: string;
  commands: [string, string[]][];
}
const { deliveryTo } = jest.requireActual<{
  deliveryTo: (context: string, registry?: string) => (tag: string) => Delivery;
}>('../../../scripts/cluster/images');

it.each<[string, string[]]>([
  ['kind-concert', ['kind', 'load', 'docker-image', '--name', 'concert', 'concert-api:f00d']],
  ['kind-other', ['kind', 'load', 'docker-image', '--name', 'other', 'concert-api:f00d']],
  ['k3d-dev', ['k3d', 'image', 'import', '--cluster', 'dev', 'concert-api:f00d']],
  ['minikube', ['minikube', 'image', 'load', '--profile', 'minikube', 'concert-api:f00d']],
  ['docker-desktop', []],
])('%s is given the image by its own command', (context, command) => {
  const { repository, commands } = deliveryTo(context)('f00d');
  expect(repository).toBe('concert-api');
  expect(commands.flat(2)).toEqual(command);
});

it('a cluster elsewhere pulls it from the registry that is named', () => {
  expect(deliveryTo('gke_project_zone_cluster', 'registry.example/team')('f00d')).toEqual({
    repository: 'registry.example/team/concert-api',
    commands: [
      ['docker', ['tag', 'concert-api:f00d', 'registry.example/team/concert-api:f00d']],
      ['docker', ['push', 'registry.example/team/concert-api:f00d']],
    ],
  });
});

it('a cluster elsewhere without a registry is refused before anything is built', () => {
  expect(() => deliveryTo('gke_project_zone_cluster')).toThrow('has no access to images of this machine');
});

it('an option of Helm that lacks its value is refused, and no upgrade is begun', async () => {
  const { checkHelmOptions } = jest.requireActual<{
    checkHelmOptions: (options: string[], usage: string) => Promise<void>;
  }>('../../../scripts/cluster/context');
  await expect(checkHelmOptions(['--description'], 'usage')).rejects.toThrow('flag needs an argument');
});

describe('while Helm waits', () => {
  interface Look {
    items: object[];
  }
  const { watchStart } = jest.requireActual<{
    watchStart: (how: {
      read: () => Promise<Look>;
      pause: () => Promise<void>;
      tell: (text: string) => void;
      signal: AbortSignal;
    }) => Promise<{ where: string; why: string }[]>;
  }>('../../../scripts/cluster/startup');

  const pods = (reason?: string): Look => {
    const waiting = { reason, message: 'manifest unknown' };
    const containerStatuses = [{ name: 'api', state: reason === undefined ? { running: {} } : { waiting } }];
    return { items: [{ metadata: { name: 'concert-api-1' }, status: { containerStatuses } }] };
  };
  /** Looks at each of these once, then ends as Helm does. @returns what was shown, and what Helm was ended for */
  async function watch(looks: (Look | Error)[]): Promise<{ shown: string[]; lost: unknown[] }> {
    const end = new AbortController();
    const shown: string[] = [];
    const left = [...looks];
    const read = (): Promise<Look> => {
      const look = left.shift() ?? { items: [] };
      if (left.length === 0) end.abort();
      return look instanceof Error ? Promise.reject(look) : Promise.resolve(look);
    };
    const how = { read, pause: () => Promise.resolve(), signal: end.signal };
    return { lost: await watchStart({ ...how, tell: (text) => void shown.push(text) }), shown };
  }
  const times = <T>(count: number, look: T): T[] => Array<T>(count).fill(look);

  it('an image that cannot be pulled is shown once, and ends the wait when it stays so', async () => {
    const { shown, lost } = await watch([pods(), ...times(20, pods('ImagePullBackOff'))]);
    const why = 'ImagePullBackOff: manifest unknown';
    expect(shown).toEqual([`concert-api-1/api does not start: ${why}`]);
    expect(lost).toEqual([{ where: 'concert-api-1/api', why }]);
  });

  it('goes on waiting for what can still become ready', async () => {
    const busy = [...times(20, pods('ContainerCreating')), ...times(20, pods('CrashLoopBackOff'))];
    expect(await watch(busy)).toEqual({ shown: [], lost: [] });
  });

  it('goes on when the registry answers again, and when the cluster does not answer', async () => {
    const some = times(11, pods('ErrImagePull'));
    expect((await watch([...some, pods(), ...some])).lost).toEqual([]);
    expect((await watch([...some, new Error('no answer')])).lost).toEqual([]);
    expect((await watch([...some, new Error('no answer'), pods('ErrImagePull')])).lost).toHaveLength(1);
  });
});
