const { Failure } = require('../running/failure');
const { step } = require('../running/progress');
const { addressOf, describeHow, locate } = require('./discovery');
const { startServices } = require('./starting');
const { register, release, stopAll } = require('./stopping');

const catalogue = [
  require('./mariadb/mariadb'),
  require('./redis'),
  require('./kafka/kafka'),
  require('./influxdb'),
  require('./prometheus/prometheus'),
];

const summarize = (services, places) =>
  services
    .map((service, index) => {
      const address = addressOf(service, places[index].urls);
      return `${service.title} ${address} (${describeHow(service, places[index])})`;
    })
    .join(', ');

/**
 * Finds or starts the named services and registers this process as their user. Called under the lock (lock.js).
 * @param {string[]} names
 * @param {{what: string, forTests?: boolean, keep?: boolean}} options what: who uses them, for messages;
 *   keep: they stay until `services down`
 * @returns {Promise<Record<string, string>>} the URL variables
 */
async function ensureServices(names, { what, forTests = false, keep = false }) {
  const services = catalogue.filter(({ name }) => names.includes(name));
  const look = (service) => locate(service, { forTests });
  let places;
  await step('services', async () => {
    places = await Promise.all(services.map(look));
    await startServices(services.filter((_, index) => !places[index]));
    places = await Promise.all(services.map((service, index) => places[index] ?? look(service)));
    const silent = services.find((_, index) => !places[index]);
    if (silent) throw new Failure(`${silent.title} was started, but does not answer.`);
    register(names, { what, keep });
    return summarize(services, places);
  });
  return Object.assign({}, ...places.map(({ urls }) => urls));
}

/** @returns {Promise<{service: object, place: object|null}[]>} what is there, healthy or not; starts nothing */
function inspectServices() {
  return Promise.all(
    catalogue.map(async (service) => ({ service, place: await locate(service, { all: true }) })),
  );
}

module.exports = { ensureServices, inspectServices, release, stopAll, addressOf, describeHow };
