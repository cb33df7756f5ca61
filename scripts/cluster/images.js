// How an image gets to the cluster of a context of kubectl.
const { Failure } = require('../lib/running/failure');

const IMAGE = 'concert-api';
const LOADERS = [
  [/^kind-(.+)$/, (name, image) => ['kind', ['load', 'docker-image', '--name', name, image]]],
  [/^k3d-(.+)$/, (name, image) => ['k3d', ['image', 'import', '--cluster', name, image]]],
  [/^(minikube)$/, (name, image) => ['minikube', ['image', 'load', '--profile', name, image]]],
  // They run the images of the same Docker.
  [/^(docker-desktop|rancher-desktop|orbstack)$/, () => null],
];

/**
 * @returns {(tag: string) => {repository: string, commands: [string, string[]][]}} what to run for an image of that tag
 * @throws Failure for a cluster that can only pull, when no registry is given
 */
function deliveryTo(context, registry) {
  if (registry !== undefined)
    return (tag) => {
      const repository = `${registry}/${IMAGE}`;
      const docker = (...args) => ['docker', args];
      return {
        repository,
        commands: [
          docker('tag', `${IMAGE}:${tag}`, `${repository}:${tag}`),
          docker('push', `${repository}:${tag}`),
        ],
      };
    };
  for (const [pattern, load] of LOADERS) {
    const [, name] = pattern.exec(context) ?? [];
    if (name === undefined) continue;
    return (tag) => ({
      repository: IMAGE,
      commands: [load(name, `${IMAGE}:${tag}`)].filter((it) => it !== null),
    });
  }
  throw new Failure(`The cluster of the context ${context} has no access to images of this machine.`, {
    todo: '--registry HOST[/PATH] pushes it there, --no-build takes an image that the cluster can pull',
  });
}

module.exports = { deliveryTo };
