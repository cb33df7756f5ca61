// What delivers events of the topics with the prefix that is the argument, as a process: OpenTelemetry's exporter loads
// modules in a way that Jest's own module system does not know. It ends on a message.
require('../../dist/common/calendar/utc');
require('reflect-metadata');
const { loadConfig } = require('../../dist/config/config');
const { createContainer } = require('../../dist/container');
const { NotificationWorker } = require('../../dist/modules/notifications/worker');
const { Topics } = require('../../dist/modules/outbox/topics');
const { Database } = require('../../dist/platform/database/database');
const { LOGGER } = require('../../dist/platform/observability/logger');
const { Tracer } = require('../../dist/platform/observability/traces/tracer');

async function main() {
  const container = createContainer(loadConfig());
  container.registerInstance(Topics, new Topics(process.argv[2]));
  const tracer = container.resolve(Tracer);
  await tracer.start(container.resolve(LOGGER));
  const worker = container.resolve(NotificationWorker);
  worker.start();
  process.once('SIGTERM', async () => {
    await worker.stop();
    await container.resolve(Database).close();
    await tracer.stop(1000);
    process.exit(0);
  });
}

void main();
