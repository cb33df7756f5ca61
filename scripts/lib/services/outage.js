// Stops a service for a while and starts it again with its data and its port, for runs that show what then happens.
const { Failure } = require('../failure');
const { isAlive } = require('../processes');
const { readState } = require('../state');
const { startServices } = require('./starting');
const { register, stopEntry } = require('./stopping');

const catalogue = { mariadb: require('./mariadb'), redis: require('./redis') };

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

async function stopForAWhile(name) {
  checkStoppable(name);
  await stopEntry(readState().services[name]);
}

async function startAgain(name, what) {
  await startServices([catalogue[name]]);
  register([name], { what });
}

module.exports = { checkStoppable, stopForAWhile, startAgain };
