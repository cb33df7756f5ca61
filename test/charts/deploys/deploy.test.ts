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
