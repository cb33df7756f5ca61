import type { Group } from '../../platform/kafka';
import { PAYMENT_TOPIC, REFUND_TOPIC, RESERVATION_TOPIC } from './events';

const GROUP = 'concert-notifier';
const DLQ = '.DLQ';
const PERMANENT = '.DLQ.permanent';

export const KINDS = [PAYMENT_TOPIC, RESERVATION_TOPIC, REFUND_TOPIC] as const;
export type Kind = (typeof KINDS)[number];

/** The topics that this worker cares for: `<prefix><kind>`, and for each a DLQ and a permanent DLQ. */
export class Topics {
  readonly main: string[];
  readonly dlq: string[];

  /** @param prefix lets several installations, or tests, share a broker and a database */
  constructor(readonly prefix = '') {
    this.main = KINDS.map((kind) => prefix + kind);
    this.dlq = this.main.map((topic) => topic + DLQ);
  }

  /** The DLQs have a separate group: see kafka-pipeline.ts. */
  get groups(): { main: Group; dlq: Group } {
    return {
      main: { groupId: `${this.prefix}${GROUP}`, topics: this.main },
      dlq: { groupId: `${this.prefix}${GROUP}.DLQ`, topics: this.dlq },
    };
  }

  get all(): string[] {
    return [...this.main, ...this.dlq, ...this.main.map((topic) => topic + PERMANENT)];
  }

  /** `<prefix><kind>` of a topic of any stage. */
  mainOf(topic: string): string {
    return topic.endsWith(DLQ) ? topic.slice(0, -DLQ.length) : topic;
  }

  dlqOf(topic: string): string {
    return this.mainOf(topic) + DLQ;
  }

  permanentOf(topic: string): string {
    return this.mainOf(topic) + PERMANENT;
  }

  /** The kind of an event of this topic; undefined for a topic of other applications. */
  kindOf(topic: string): Kind | undefined {
    return KINDS.find((kind) => this.prefix + kind === this.mainOf(topic));
  }
}
