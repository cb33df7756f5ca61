import { inject, Lifecycle, scoped } from 'tsyringe';
import { certificateFault } from '../certificates';
import { LOGGER, type Logger } from '../observability/logger';

/** Whether every part of this process that uses Kafka (producer, consumers) is connected. Logs changes only. */
@scoped(Lifecycle.ContainerScoped)
export class KafkaConnectionStatus {
  private readonly expected = new Set<string>();
  private readonly down = new Set<string>();
  private everUp = false;
  private loggedDown = false;

  constructor(@inject(LOGGER) private readonly logger: Logger) {}

  /** `off`: no part of this process uses Kafka. */
  get state(): 'off' | 'up' | 'down' {
    if (this.expected.size === 0) return 'off';
    return this.down.size === 0 ? 'up' : 'down';
  }

  /** Registers a part, which counts as down until it reports that it is up. */
  expect(part: string): void {
    this.expected.add(part);
    this.down.add(part);
  }

  reportUp(part: string): void {
    if (!this.down.delete(part) || this.down.size > 0) return;
    this.logger.info(this.everUp ? 'Kafka is back' : 'connected to Kafka');
    this.everUp = true;
    this.loggedDown = false;
  }

  reportDown(part: string, err: unknown): void {
    this.down.add(part);
    if (this.loggedDown) this.logger.debug({ err, part }, 'Kafka is still away');
    else {
      const hint = hintOf(err);
      this.logger.warn(
        { err, part, ...(hint !== undefined && { hint }) },
        'Kafka is unreachable: events wait in the outbox, will retry',
      );
    }
    this.loggedDown = true;
  }
}

/** Names the variable to correct, for errors that waiting does not fix. */
function hintOf(err: unknown): string | undefined {
  if (isLoginRefused(err)) return 'the brokers refuse KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD';
  const fault = certificateFault(err);
  return fault === undefined ? undefined : `KAFKA_BROKERS ${fault}`;
}

const isLoginRefused = (err: unknown): boolean =>
  err instanceof Error && (err.name === 'KafkaJSSASLAuthenticationError' || isLoginRefused(err.cause));
