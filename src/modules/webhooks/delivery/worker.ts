import { inject, Lifecycle, scoped } from 'tsyringe';
import { PeriodicTask } from '../../../common/periodic-task';
import { CONFIG, type Config } from '../../../config/config';
import { Database } from '../../../platform/database/database';
import { Lease } from '../../../platform/database/lease';
import { LOGGER, type Logger } from '../../../platform/observability/logger';
import { WebhookMetrics } from '../metrics';
import { WebhookSecrets } from '../secrets';
import { EndpointLane } from './lane';
import { DeliveryRepository } from './repository';
import { WebhookSender } from './sender';

const ENDPOINTS_INTERVAL_MS = 1_000;
const METRICS_INTERVAL_MS = 5_000;
const HOUSEKEEPING_INTERVAL_MS = 5_000;

/** Delivers events to webhooks: one lane for each endpoint that is not disabled. */
@scoped(Lifecycle.ContainerScoped)
export class WebhookWorker {
  private readonly lanes = new Map<number, EndpointLane>();
  private readonly tasks: PeriodicTask[];

  constructor(
    private readonly database: Database,
    private readonly deliveries: DeliveryRepository,
    private readonly sender: WebhookSender,
    private readonly secrets: WebhookSecrets,
    private readonly metrics: WebhookMetrics,
    @inject(CONFIG) private readonly config: Config,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    this.tasks = [
      new PeriodicTask('webhooks', ENDPOINTS_INTERVAL_MS, () => this.followEndpoints(), logger),
      new PeriodicTask('webhook metrics', METRICS_INTERVAL_MS, () => this.report(), logger),
      new PeriodicTask(
        'webhook housekeeping',
        HOUSEKEEPING_INTERVAL_MS,
        () => deliveries.purge(config.WEBHOOK_LOG_DAYS),
        logger,
      ),
    ];
  }

  start(): void {
    for (const task of this.tasks) task.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.tasks.map((task) => task.stop()));
    await Promise.all([...this.lanes.values()].map((lane) => lane.stop()));
    this.lanes.clear();
  }

  private async followEndpoints(): Promise<void> {
    const wanted = new Set(await this.deliveries.enabledEndpoints());
    for (const id of wanted) if (!this.lanes.has(id)) this.openLane(id);
    const ended = [...this.lanes].filter(([id]) => !wanted.has(id));
    for (const [id] of ended) this.lanes.delete(id);
    await Promise.all(ended.map(([, lane]) => lane.stop()));
  }

  private openLane(endpointId: number): void {
    const { deliveries, sender, secrets, metrics, logger, config } = this;
    const lane = new EndpointLane(
      {
        endpointId,
        pollMs: config.OUTBOX_POLL_MS,
        disableAfterHours: config.WEBHOOK_DISABLE_AFTER_HOURS,
      },
      {
        lease: new Lease(this.database, `webhook ${endpointId}`),
        deliveries,
        sender,
        secrets,
        metrics,
        logger,
      },
    );
    this.lanes.set(endpointId, lane);
    lane.start();
  }

  private async report(): Promise<void> {
    const states = await this.deliveries.states();
    const by = (of: 'pending' | 'oldestAgeS') =>
      states.map((each) => ({ labels: { endpoint: String(each.id) }, value: each[of] }));
    this.metrics.pending.setAll(by('pending'));
    this.metrics.oldestAge.setAll(by('oldestAgeS'));
    this.metrics.endpoints.setAll(
      ['ok', 'failing', 'disabled'].map((state) => ({
        labels: { state },
        value: states.filter((each) => each.state === state).length,
      })),
    );
  }
}
