import type { Config } from '../../src/config/config';
import type { PeriodicTask } from '../../src/common/periodic-task';
import { NotificationHousekeeping } from '../../src/modules/notifications/housekeeping';
import type { NotificationRepository } from '../../src/modules/notifications/repository';
import { OutboxHousekeeping } from '../../src/modules/outbox/housekeeping';
import { OutboxMetrics } from '../../src/modules/outbox/metrics';
import type { OutboxRepository } from '../../src/modules/outbox/repository';
import type { DeliveryRepository } from '../../src/modules/webhooks/delivery/repository';
import type { WebhookSender } from '../../src/modules/webhooks/delivery/sender';
import { WebhookWorker } from '../../src/modules/webhooks/delivery/worker';
import { WebhookMetrics } from '../../src/modules/webhooks/metrics';
import type { WebhookSecrets } from '../../src/modules/webhooks/secrets';
import type { Database } from '../../src/platform/database/database';
import { createLogger } from '../../src/platform/observability/logger';
import { Metrics } from '../../src/platform/observability/metrics';

const logger = createLogger('silent', 'test');
const config = { EVENT_DEDUPLICATION_DAYS: 30, WEBHOOK_LOG_DAYS: 30 } as Config;
const database = {} as Database;
/** Statements that find more rows to delete than they may. */
const FULL = 3;

type Purge = () => Promise<boolean>;

const TASKS: [string, (purge: Purge) => Pick<PeriodicTask, 'start' | 'stop'>][] = [
  [
    'events that were delivered',
    (purge) => {
      const outbox = { purge, backlog: () => Promise.resolve({ backlog: 0, ageSeconds: 0 }) };
      return new OutboxHousekeeping(
        outbox as unknown as OutboxRepository,
        new OutboxMetrics(new Metrics()),
        logger,
      );
    },
  ],
  [
    'events that were handled',
    (purge) =>
      new NotificationHousekeeping(database, { purge } as unknown as NotificationRepository, config, logger),
  ],
  [
    'deliveries to webhooks',
    (purge) => {
      const none = (): Promise<never[]> => Promise.resolve([]);
      return new WebhookWorker(
        database,
        { purge, states: none, enabledEndpoints: none } as unknown as DeliveryRepository,
        {} as WebhookSender,
        {} as WebhookSecrets,
        new WebhookMetrics(new Metrics()),
        config,
        logger,
      );
    },
  ],
];

describe('housekeeping', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('counts the backlog of events once while it deletes', async () => {
    const backlog = jest.fn(() => Promise.resolve({ backlog: 0, ageSeconds: 0 }));
    let calls = 0;
    const purge: Purge = () => Promise.resolve(++calls <= FULL);
    const task = new OutboxHousekeeping(
      { purge, backlog } as unknown as OutboxRepository,
      new OutboxMetrics(new Metrics()),
      logger,
    );
    task.start();
    await jest.advanceTimersByTimeAsync(1000);
    expect([calls, backlog.mock.calls.length]).toEqual([FULL + 1, 1]);
    await task.stop();
  });

  it.each(TASKS)(
    'of %s goes on at once as long as there is more to delete, then pauses',
    async (_what, make) => {
      let calls = 0;
      const task = make(() => Promise.resolve(++calls <= FULL));
      task.start();
      await jest.advanceTimersByTimeAsync(1000);
      expect(calls).toBe(FULL + 1);
      await task.stop();
    },
  );
});
