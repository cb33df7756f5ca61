// Where a service is, in this order: its URL variable, one we started earlier, one on its default port.
const { Failure } = require('../running/failure');
const { isListening } = require('../ports');
const { isAlive } = require('../running/processes');
const { note } = require('../running/progress');
const { readState } = require('../state');

const HOW = {
  variable: (service) => `from ${service.variables[0]}`,
  container: () => 'container',
  private: () => 'private process',
  default: () => 'found on its default port',
};

const describeHow = (service, place) => HOW[place.how](service);

/** host:port without user and password; for messages. */
function addressOf(service, urls) {
  const value = urls[service.variables[0]];
  return value.includes('://') ? new URL(value).host : value;
}

const whyUnreachable = (service, { urls, how }) =>
  service.probe(urls, how).then(
    () => null,
    (error) => error.message,
  );

function fromVariable(service, env) {
  const [variable] = service.variables;
  if (!env[variable]) return null;
  try {
    if (variable !== 'KAFKA_BROKERS') new URL(env[variable]);
  } catch {
    throw new Failure(`${variable} is not a URL.`, { todo: `write it like ${service.defaultUrl}` });
  }
  return { how: 'variable', urls: service.given(env) };
}

/** An entry whose process died (a crash, a reboot) does not count. */
function fromState(service) {
  const entry = readState().services[service.name];
  if (!entry || (entry.how === 'private' && !isAlive(entry))) return null;
  return { how: entry.how, urls: service.urlsOf(entry), entry };
}

/**
 * Data have a home: what this checkout has run itself before is not exchanged for a server that happens to listen on
 * the default port today. SERVICES_FROM also says that such a server is not wanted.
 */
async function fromDefaultPort(service, env) {
  if (env.SERVICES_FROM || readState().origins[service.name]) return null;
  const place = { how: 'default', urls: service.given({ [service.variables[0]]: service.defaultUrl }) };
  const port = Number(addressOf(service, place.urls).split(':').pop());
  return (await isListening(port)) ? place : null;
}

/**
 * @returns {Promise<null | {how: string, urls: object, entry?: object, reason: string|null}>} reason: why it is not
 *   healthy. Without `all`, only a healthy place is returned; one that was named by its variable must be healthy.
 */
async function locate(service, { forTests = false, all = false, env = process.env } = {}) {
  for (const find of [fromVariable, fromState, fromDefaultPort]) {
    const place = await find(service, env);
    if (!place) continue;
    if (forTests) place.urls = service.forTests(place.urls);
    place.reason = await whyUnreachable(service, place);
    if (!place.reason || all) return place;
    const address = addressOf(service, place.urls);
    if (place.how === 'variable') {
      throw new Failure(`${service.title} at ${address} cannot be used: ${place.reason}`, {
        todo: `start it, correct ${service.variables.join(' or ')}, or unset ${service.variables[0]} to let this command find or start one.`,
      });
    }
    note(`${service.title} at ${address} (${describeHow(service, place)}) cannot be used: ${place.reason}`);
  }
  return null;
}

module.exports = { locate, addressOf, describeHow };
