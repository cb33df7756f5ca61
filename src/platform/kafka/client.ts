import { Kafka, logLevel, type ISocketFactory, type LogEntry } from 'kafkajs';
import { parseBrokers } from '../../config/urls';
import type { Logger } from '../observability/logger';
import { patchIdleTimers } from './timers';

export { Partitioners } from 'kafkajs';
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

interface KafkaOptions {
  /** host:port,host:port,… */
  brokers: string;
  /** Makes the connections; for tests that stand between us and the broker. */
  socketFactory?: SocketFactory;
}

export function createClient({ brokers, socketFactory }: KafkaOptions, logger: Logger): Kafka {
  patchIdleTimers();
  return new Kafka({
    clientId: CLIENT_ID,
    brokers: parseBrokers(brokers),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: RETRY,
    ...(socketFactory === undefined ? {} : { socketFactory }),
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => writeLog(logger, entry),
  });
}

/**
 * All at debug: kafkajs reports each of its retries as an error, a flood while the broker is away. What matters comes
 * to us as a rejection or a crash event, and KafkaConnectionStatus logs the change.
 */
function writeLog(logger: Logger, { namespace, label, log: { message, ...details } }: LogEntry): void {
  logger.debug({ kafkajs: { namespace, label, ...details } }, message);
}
