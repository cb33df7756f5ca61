export { createClient, type KafkaOptions, type SocketFactory } from './client';
export { type IncomingMessage, KafkaConsumer, type MessageOutcome as Verdict } from './consumer';
export { type Group, KafkaLag } from './lag';
export { KafkaConnectionStatus as KafkaLink } from './connection-status';
export { KafkaUnavailable as KafkaAway, KafkaProducer } from './producer';
export { KafkaReader } from './reader';
export { KafkaTopics } from './topics';
