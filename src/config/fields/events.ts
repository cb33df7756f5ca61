import { integer } from '../field';
import { webUrl } from '../text-field';

/** Delivery of events and notifications. */
export const eventsFields = {
  OUTBOX_POLL_MS: integer({
    min: 10,
    max: 60_000,
    default: 200,
    unit: 'ms',
    about: 'How often the worker looks for events to deliver',
  }),
  EVENT_MAX_ATTEMPTS: integer({
    min: 1,
    max: 20,
    default: 3,
    unit: 'attempts',
    about: 'Attempts to handle an event before it goes to the DLQ',
  }),
  EVENT_DLQ_RETRY_DELAY_MS: integer({
    min: 100,
    max: 3_600_000,
    default: 30_000,
    unit: 'ms',
    about: 'Pause before each new attempt of an event in the DLQ',
  }),
  EVENT_DLQ_MAX_ATTEMPTS: integer({
    min: 1,
    max: 100,
    default: 3,
    unit: 'attempts',
    about: 'Attempts from the DLQ before it goes to the permanent DLQ',
  }),
  EVENT_DEDUPLICATION_DAYS: integer({
    min: 8,
    max: 3650,
    default: 30,
    unit: 'days',
    about:
      'How long a handled event is remembered, so that it acts once; longer than Kafka keeps it: retention and the time of a segment, 14 by Kafka’s defaults',
  }),
  NOTIFIER_WEBHOOK_URL: webUrl({
    login: true,
    about: 'Where notifications are posted as JSON; empty: they are logged',
  }),
  NOTIFIER_TIMEOUT_MS: integer({
    min: 100,
    max: 60_000,
    default: 2000,
    unit: 'ms',
    about:
      'Longest time that a webhook call may take; at most 80 % of DATABASE_TIMEOUT_MS, whose transaction waits for it',
  }),
};
