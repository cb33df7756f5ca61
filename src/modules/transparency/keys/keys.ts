import { SigningKey } from './signing-key';

/** The key of each queue's log. */
export class LogKeys {
  private readonly keys = new Map<string, SigningKey>();

  constructor(private readonly secret: string) {}

  of(queueId: string): SigningKey {
    const key = this.keys.get(queueId) ?? new SigningKey(this.secret, `concert-reservation/${queueId}`);
    this.keys.set(queueId, key);
    return key;
  }
}
