// Stops a service for a while and starts it again with its data and its port, for runs that show what then happens.
const { Failure } = require('../running/failure');
const { isAlive } = require('../running/processes');
const { readState } = require('../state');
const { startServices } = require('./starting');
const { register, stopEntry } = require('./stopping');

const catalogue = { mariadb: require('./mariadb/mariadb'), redis: require('./redis') };

/** @throws Failure unless this process is the only user of a service that was started here */
function checkStoppable(name) {
  const { title, variables } = catalogue[name];
  const entry = readState().services[name];
  if (!entry)
    throw new Failure(`${title} was not started by these scripts, so they do not stop it.`, {
      todo: `unset ${variables.join(' and ')}, and SERVICES_FROM=packages or docker to get one of your own.`,
    });
  const others = entry.users.filter((user) => user.pid !== process.pid && isAlive(user));
  if (others.length > 0)
    throw new Failure(`${title} is in use by ${others[0].what} (pid ${others[0].pid}).`, {
      todo: 'end that first.',
    });
}

/**
 * What can be known before anything is started.
 * @throws Failure when it is another's, or in use
 */
function checkStoppableEarly(name) {
  const { title, variables } = catalogue[name];
  if (process.env[variables[0]])
    throw new Failure(`${title} is that of ${variables[0]}, so these scripts do not stop it.`, {
      todo: `unset ${variables.join(' and ')}.`,
    });
  const entry = readState().services[name];
  if (entry && entry.users.some(isAlive)) checkStoppable(name);
}

/** Names of services that were started here as processes, and whose process has died. */
const deadServices = (names) => {
  const { services } = readState();
  return names.filter((name) => services[name]?.how === 'private' && !isAlive(services[name]));
};

async function stopForAWhile(name) {
  checkStoppable(name);
  await stopEntry(readState().services[name]);
}

async function startAgain(name, what) {
  await startServices([catalogue[name]]);
  register([name], { what });
}

module.exports = { checkStoppable, checkStoppableEarly, deadServices, stopForAWhile, startAgain };
