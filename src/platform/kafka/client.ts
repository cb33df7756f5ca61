import type { ISocketFactory, Kafka, KafkaConfig, LogEntry } from 'kafkajs';
import type { Config } from '../../config/config';
import { parseBrokers } from '../../config/urls';
import type { Logger } from '../observability/logger';
import { loadKafkajs } from './load';

export type SocketFactory = ISocketFactory;
export type KafkaClient = Kafka;

/** Made when it is first needed: a process that delivers no events has none. */
export const KAFKA = Symbol('Kafka');
/** How connections are made, where it is not by kafkajs itself. */
export const SOCKET_FACTORY = Symbol('SocketFactory');

const CLIENT_ID = 'concert-reservation';
const CONNECT_TIMEOUT_MS = 2_000;
const REQUEST_TIMEOUT_MS = 4_000;

/** Short: what takes longer fails, and the caller starts again from a clean connection. */
export const RETRY = { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000 };

/** Where the brokers are, and how one logs in to them. */
type Brokers = Pick<
  Config,
  | 'KAFKA_BROKERS'
  | 'KAFKA_SECURITY_PROTOCOL'
  | 'KAFKA_SASL_MECHANISM'
  | 'KAFKA_SASL_USERNAME'
  | 'KAFKA_SASL_PASSWORD'
>;

interface KafkaOptions {
  config: Brokers;
  /** Makes the connections; for tests that stand between us and the broker. */
  socketFactory?: SocketFactory;
}

export function createClient({ config, socketFactory }: KafkaOptions, logger: Logger): Kafka {
  const { Kafka: Client, logLevel } = loadKafkajs();
  return new Client({
    clientId: CLIENT_ID,
    brokers: parseBrokers(config.KAFKA_BROKERS),
    ...securityOf(config),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: RETRY,
    ...(socketFactory === undefined ? {} : { socketFactory }),
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => writeLog(logger, entry),
  });
}

/** TLS trusts the authorities of Node, and those of NODE_EXTRA_CA_CERTS. */
function securityOf(config: Brokers): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  const { KAFKA_SECURITY_PROTOCOL: protocol, KAFKA_SASL_MECHANISM: mechanism } = config;
  const account = { username: config.KAFKA_SASL_USERNAME, password: config.KAFKA_SASL_PASSWORD };
  return {
    ssl: protocol.endsWith('SSL'),
    ...(protocol.startsWith('SASL') && { sasl: saslOf(mechanism, account) }),
  };
}

function saslOf(
  mechanism: Config['KAFKA_SASL_MECHANISM'],
  account: { username: string; password: string },
): NonNullable<KafkaConfig['sasl']> {
  switch (mechanism) {
    case 'PLAIN':
      return { mechanism: 'plain', ...account };
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', ...account };
    case 'SCRAM-SHA-512':
      return { mechanism: 'scram-sha-512', ...account };
  }
}

/**
 * All at debug: kafkajs reports each of its retries as an error, a flood while the broker is away. What matters comes
 * to us as a rejection or a crash event, and KafkaConnectionStatus logs the change.
 */
function writeLog(logger: Logger, { namespace, label, log: { message, ...details } }: LogEntry): void {
  logger.debug({ kafkajs: { namespace, label, ...details } }, message);
}
