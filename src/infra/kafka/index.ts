export { createClient, type KafkaOptions, type SocketFactory } from './client';
export { type IncomingMessage, KafkaConsumer, type Subscription, type Verdict } from './consumer';
export { type Group, KafkaLag } from './lag';
export { KafkaLink } from './link';
export { KafkaAway, KafkaProducer, type OutgoingMessage } from './producer';
export { KafkaTopics } from './topics';
