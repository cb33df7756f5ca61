export { createClient, KAFKA, type KafkaClient, SOCKET_FACTORY, type SocketFactory } from './client';
export { type IncomingMessage, KafkaConsumer, type MessageOutcome } from './consumer';
export { type Group, KAFKA_GROUPS, KafkaLag } from './lag';
export { KafkaConnectionStatus } from './connection-status';
export { KafkaUnavailable, KafkaProducer } from './producer';
export { KafkaReader } from './reader';
export { KAFKA_TOPICS, KafkaTopics } from './topics';
