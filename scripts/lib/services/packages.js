// Programs from the system's packages. They are only installed here, never started as system services.
const fs = require('node:fs');
const path = require('node:path');
const { Failure } = require('../failure');
const { step } = require('../progress');
const { run } = require('../run');

// Servers lie in sbin folders, which the PATH of an ordinary user leaves out.
const EXTRA_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
const ALTERNATIVES =
  'start Docker, or set DATABASE_URL, REDIS_URL (and for the tests KAFKA_BROKERS) to running services.';

function findCommand(name) {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...EXTRA_FOLDERS];
  return folders
    .map((folder) => path.join(folder, name))
    .find((file) => {
      try {
        fs.accessSync(file, fs.constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Name to path of all commands the service is run with; undefined where one is missing. */
const commandsOf = (service) =>
  Object.fromEntries(service.packages.commands.map((name) => [name, findCommand(name)]));

const missingCommands = (services) =>
  services.flatMap((service) => service.packages.commands.filter((name) => !findCommand(name)));

async function installWithApt(apt, packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const todo = `run "apt-get update && apt-get install ${packages.join(' ')}" by hand to see why; or ${ALTERNATIVES}`;
  // Slim images have no folder for man pages, and the Java packages fail without it.
  fs.mkdirSync('/usr/share/man/man1', { recursive: true });
  await run(apt, ['-q', 'update'], { env, what: 'apt-get update', todo });
  const options = ['-q', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
  await run(apt, [...options, 'install', ...packages], { env, what: 'apt-get install', todo });
}

/** Makes sure that all programs of these services are there; one apt-get for all of them. */
async function ensurePackages(services) {
  const lacking = services.filter((service) => missingCommands([service]).length > 0);
  if (lacking.length === 0) return;
  const packages = lacking.flatMap((service) => service.packages.debian);
  const missing = `${missingCommands(lacking).join(', ')} not found`;
  const names = lacking.map((service) => service.title).join(' and ');
  const apt = findCommand('apt-get');
  if (!apt) {
    throw new Failure(`${names} cannot be started: ${missing}, and there is neither Docker nor apt-get.`, {
      todo: `install ${names}; or ${ALTERNATIVES}`,
    });
  }
  if (process.getuid() !== 0) {
    throw new Failure(`${names} cannot be started: ${missing}, and installing needs root.`, {
      todo:
        `run once: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(' ')}\n` +
        `Or ${ALTERNATIVES}`,
    });
  }
  await step(`install packages ${packages.join(', ')}`, () => installWithApt(apt, packages));
  const still = missingCommands(lacking);
  if (still.length > 0) {
    throw new Failure(
      `The packages ${packages.join(', ')} are installed, but ${still.join(', ')} is missing.`,
      {
        todo: ALTERNATIVES,
      },
    );
  }
}

module.exports = { ensurePackages, commandsOf };
