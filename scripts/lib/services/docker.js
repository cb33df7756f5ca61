// Services as containers of a Docker engine: official images, data in named volumes, reached on 127.0.0.1 only.
const { root } = require('../paths');
const { step } = require('../running/progress');
const { run, succeeds } = require('../running/run');

const LABEL = 'concert.checkout';
const ENGINE_TIMEOUT_MS = 5000;
const STOP_SECONDS = 30;
const COMMAND_TIMEOUT_MS = 60_000;

const docker = (args, options) =>
  run('docker', args, { timeoutMs: COMMAND_TIMEOUT_MS, what: `docker ${args[0]}`, ...options });

/** A client without an engine answers too: ask the server for its version. */
async function engineRuns() {
  try {
    const version = await docker(['info', '--format', '{{.ServerVersion}}'], {
      timeoutMs: ENGINE_TIMEOUT_MS,
    });
    return version.trim() !== '';
  } catch (error) {
    if (error.name === 'Interrupted') throw error;
    return false;
  }
}

async function labelOf(kind, name) {
  const labels = kind === 'volume' ? '.Labels' : '.Config.Labels';
  try {
    return (await docker([kind, 'inspect', '-f', `{{index ${labels} "${LABEL}"}}`, name])).trim();
  } catch (error) {
    if (error.name === 'Interrupted') throw error;
    return null;
  }
}

/** concert-mariadb, or concert-mariadb-2, … when that belongs to another checkout of this machine. */
async function nameFor(service) {
  for (let number = 1; ; number += 1) {
    const name = `concert-${service.name}${number === 1 ? '' : `-${number}`}`;
    const owners = [await labelOf('volume', `${name}-data`), await labelOf('container', name)];
    if (owners.every((owner) => owner === null || owner === root)) return name;
  }
}

async function ensureImage(image) {
  if (await succeeds('docker', ['image', 'inspect', image], COMMAND_TIMEOUT_MS)) return;
  await step(`pull ${image}`, () => docker(['pull', '-q', image], { timeoutMs: 0 }));
}

/** Replaces our own container: everything worth keeping is in the volume. */
async function startContainer(service, port) {
  const { image, args, dataFolder, options: own } = service.docker;
  await ensureImage(image);
  const name = await nameFor(service);
  await removeContainer(name);
  await docker(['volume', 'create', '--label', `${LABEL}=${root}`, `${name}-data`]);
  const env = service.docker.env({ port });
  // By name only: values on the command line could be read by every user of the machine.
  const variables = Object.keys(env).flatMap((variable) => ['-e', variable]);
  const reach = own ? own() : ['-p', `127.0.0.1:${port}:${service.docker.port}`];
  const options = ['-d', '--name', name, '--label', `${LABEL}=${root}`, '-v', `${name}-data:${dataFolder}`];
  const all = [...options, ...reach, ...variables, image, ...args({ port })];
  await docker(['run', ...all], { env: { ...process.env, ...env } });
  return name;
}

async function containerRuns(name) {
  try {
    return (await docker(['inspect', '-f', '{{.State.Running}}', name])).trim() === 'true';
  } catch (error) {
    if (error.name === 'Interrupted') throw error;
    return false;
  }
}

const containerLog = (name) => docker(['logs', '--tail', '20', name], { withStderr: true }).catch(() => '');

/** Stops in good order first, so that the data need no recovery; nothing happens when it does not exist. */
async function removeContainer(name) {
  if ((await labelOf('container', name)) !== root) return;
  await docker(['stop', '-t', String(STOP_SECONDS), name]);
  // -v takes the unnamed volumes of the image along; the named one stays.
  await docker(['rm', '-f', '-v', name]);
}

module.exports = { engineRuns, ensureImage, startContainer, containerRuns, containerLog, removeContainer };
