// Programs from the system's packages. They are only installed here, never started as system services.
const fs = require('node:fs');
const { findCommand } = require('../tools/commands');
const { Failure } = require('../running/failure');
const { step } = require('../running/progress');
const { run } = require('../running/run');

const POLICY_FILE = '/usr/sbin/policy-rc.d';

/** Name to path of all commands the service is run with; undefined where one is missing. */
const commandsOf = (service) =>
  Object.fromEntries(service.packages.commands.map((name) => [name, findCommand(name)]));

const missingCommands = (services) =>
  services.flatMap((service) => service.packages.commands.filter((name) => !findCommand(name)));

const alternatives = (services) =>
  `start Docker, or set ${services.flatMap(({ variables = [] }) => variables).join(', ')} to what is there already.`;

/**
 * Packages start their servers when they are installed, unless this file says no (policy-rc.d). Ours says so for as
 * long as this process lives: were it left behind, it would forbid nothing. One that is there is left alone.
 */
async function withoutStarts(install) {
  const script = `#!/bin/sh\n! kill -0 ${process.pid} 2>/dev/null || exit 101\n`;
  try {
    fs.writeFileSync(POLICY_FILE, script, { mode: 0o755, flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return install();
  }
  try {
    return await install();
  } finally {
    fs.rmSync(POLICY_FILE, { force: true });
  }
}

async function installWithApt(apt, packages, instead) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const todo = `run "apt-get update && apt-get install ${packages.join(' ')}" by hand to see why; or ${instead}`;
  // Slim images have no folder for man pages, and the Java packages fail without it.
  fs.mkdirSync('/usr/share/man/man1', { recursive: true });
  await run(apt, ['-q', 'update'], { env, what: 'apt-get update', todo });
  const options = ['-q', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
  const install = () =>
    run(apt, [...options, 'install', ...packages], { env, what: 'apt-get install', todo });
  await withoutStarts(install);
}

/** Whether programs that lack can be installed here. */
const canInstall = () => process.getuid?.() === 0 && findCommand('apt-get') !== undefined;

/** Makes sure that all programs of these services are there; one apt-get for all of them. */
async function ensurePackages(services) {
  const lacking = services.filter((service) => missingCommands([service]).length > 0);
  if (lacking.length === 0) return;
  const packages = [...new Set(lacking.flatMap((service) => service.packages.debian))];
  const missing = `${missingCommands(lacking).join(', ')} not found`;
  const names = lacking.map((service) => service.title).join(' and ');
  const instead = alternatives(lacking);
  const apt = findCommand('apt-get');
  if (!apt) {
    throw new Failure(`${names} cannot be started: ${missing}, and there is neither Docker nor apt-get.`, {
      todo: `install ${names}; or ${instead}`,
    });
  }
  if (process.getuid() !== 0) {
    throw new Failure(`${names} cannot be started: ${missing}, and installing needs root.`, {
      todo:
        `run once: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(' ')}\n` +
        `Or ${instead}`,
    });
  }
  await step(`install packages ${packages.join(', ')}`, () => installWithApt(apt, packages, instead));
  const still = missingCommands(lacking);
  if (still.length > 0) {
    throw new Failure(
      `The packages ${packages.join(', ')} are installed, but ${still.join(', ')} is missing.`,
      {
        todo: instead,
      },
    );
  }
}

module.exports = { canInstall, ensurePackages, commandsOf };
