// What a Kafka broker (KRaft, one node) is started with, by services and by lab/faults.
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

/** @param {string} jars folder; Java expands the star itself */
const classPath = (jars) => ['-cp', path.join(jars, '*'), '-Dlog4j.configuration=file:log4j.properties'];

const LOG4J = `log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
`;

/** A client goes on at the advertised address of the listener that it came by. */
function serverProperties({ controllerPort, listeners }) {
  const at = ({ name, port }) => `${name}://127.0.0.1:${port}`;
  const advertised = listeners.map(({ name, port, advertisedPort = port }) =>
    at({ name, port: advertisedPort }),
  );
  const protocols = [...listeners.map(({ name }) => name), 'CONTROLLER'].map((name) => `${name}:PLAINTEXT`);
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=${[...listeners.map(at), `CONTROLLER://127.0.0.1:${controllerPort}`].join(',')}
advertised.listeners=${advertised.join(',')}
listener.security.protocol.map=${protocols.join(',')}
inter.broker.listener.name=${listeners[0].name}
controller.listener.names=CONTROLLER
log.dirs=data
num.partitions=3
offsets.topic.num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.hours=24
`;
}

/**
 * Writes the settings into the broker's folder.
 * @param {string} folder in which its commands run; its data go below it
 * @param {{controllerPort: number, listeners: {name: string, port: number, advertisedPort?: number}[]}} broker the first
 *   listener is also the broker's own way to itself
 */
function writeSettings(folder, broker) {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'server.properties'), serverProperties(broker));
  fs.writeFileSync(path.join(folder, 'log4j.properties'), LOG4J);
}

/** Of java, once before the first start. */
const formatArguments = (jars) => [
  ...classPath(jars),
  'kafka.tools.StorageTool',
  'format',
  `--cluster-id=${crypto.randomBytes(16).toString('base64url')}`,
  '-c',
  'server.properties',
];

/** Of java. @param {string[]} heap its options */
const serveArguments = (jars, heap) => [...heap, ...classPath(jars), 'kafka.Kafka', 'server.properties'];

module.exports = { classPath, writeSettings, formatArguments, serveArguments };
