export { createClient, type KafkaOptions, type SocketFactory } from './client';
export { type IncomingMessage, KafkaConsumer, type Verdict } from './consumer';
export { type Group, KafkaLag } from './lag';
export { KafkaLink } from './link';
export { KafkaAway, KafkaProducer } from './producer';
export { KafkaReader } from './reader';
export { KafkaTopics } from './topics';
