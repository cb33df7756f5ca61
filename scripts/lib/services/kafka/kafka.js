const net = require('node:net');
const { freePort } = require('../../ports');
const { exchange } = require('../exchange');
const { startPrivate } = require('./kafka-private');

const TIMEOUT_MS = 3000;
const METADATA_KEY = 3;
const CORRELATION = 0x434f4e43;
const METADATA_VERSION = 4; // understood by every broker from 0.11 to 4.x

/** A Metadata request without topics; each answer with a broker in it comes from a broker that takes work. */
function metadataRequest() {
  const clientId = Buffer.from('probe');
  const body = Buffer.alloc(2 + 2 + 4 + 2 + clientId.length + 4 + 1);
  let at = body.writeInt16BE(METADATA_KEY, 0);
  at = body.writeInt16BE(METADATA_VERSION, at);
  at = body.writeInt32BE(CORRELATION, at);
  at = body.writeInt16BE(clientId.length, at);
  at += clientId.copy(body, at);
  at = body.writeInt32BE(0, at); // no topics
  body.writeInt8(0, at); // and none created
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

/** Number of brokers in the cluster as this one sees it. */
const countBrokers = (host, port) =>
  exchange({
    socket: net.connect({ host, port }),
    question: metadataRequest(),
    timeoutMs: TIMEOUT_MS,
    read: (bytes) => {
      if (bytes.length < 16) return undefined; // size, correlation id, throttle time, broker count
      if (bytes.readInt32BE(4) !== CORRELATION) throw new Error('it is no Kafka');
      return bytes.readInt32BE(12);
    },
  });

/** Resolves when one of the brokers answers; rejects with the last reason. */
async function probe({ KAFKA_BROKERS }) {
  let reason = 'it names no broker (host:port,host:port)';
  for (const broker of KAFKA_BROKERS.split(',')
    .map((text) => text.trim())
    .filter(Boolean)) {
    const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(broker) ?? [];
    if (!port) throw new Error(`"${broker}" is not host:port`);
    try {
      if ((await countBrokers(host, Number(port))) > 0) return;
      reason = `${broker} knows no broker that is ready`;
    } catch (error) {
      reason = `${broker}: ${error.message}`;
    }
  }
  throw new Error(reason);
}

module.exports = {
  name: 'kafka',
  title: 'Kafka',
  variables: ['KAFKA_BROKERS'],
  defaultUrl: '127.0.0.1:9092',
  startupMs: 120_000,
  given: (env) => ({ KAFKA_BROKERS: env.KAFKA_BROKERS }),
  urlsOf: ({ port }) => ({ KAFKA_BROKERS: `127.0.0.1:${port}` }),
  forTests: (urls) => urls,
  probe,

  packages: { commands: ['java', 'mvn'], debian: ['default-jre-headless', 'maven'] },
  startPrivate: async (options) => startPrivate({ ...options, controllerPort: await freePort() }),

  docker: {
    image: 'apache/kafka:3.9.2',
    port: 9092,
    dataFolder: '/var/lib/kafka/data',
    args: () => [],
    env: ({ port }) => ({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_LOG_DIRS: '/var/lib/kafka/data',
      KAFKA_NUM_PARTITIONS: '3',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    }),
  },
};
