import type { Logger } from '../observability/logger';

/** Whether every part of this process that speaks to Kafka (producer, consumers) can. Logs changes only. */
export class KafkaConnectionStatus {
  private readonly down = new Set<string>();
  private everUp = false;
  private loggedDown = false;

  constructor(private readonly logger: Logger) {}

  get state(): 'up' | 'down' {
    return this.down.size === 0 ? 'up' : 'down';
  }

  /** Says that a part exists; it is down until it says otherwise. */
  expect(part: string): void {
    this.down.add(part);
  }

  isUp(part: string): void {
    if (!this.down.delete(part) || this.down.size > 0) return;
    this.logger.info(this.everUp ? 'Kafka is back' : 'connected to Kafka');
    this.everUp = true;
    this.loggedDown = false;
  }

  isDown(part: string, err: unknown): void {
    this.down.add(part);
    if (this.loggedDown) this.logger.debug({ err, part }, 'Kafka is still away');
    else this.logger.warn({ err, part }, 'Kafka is away; events wait in the outbox, trying on');
    this.loggedDown = true;
  }
}
