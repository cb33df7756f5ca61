import type { DependencyContainer } from 'tsyringe';
import { CONFIG, type Config } from '../config/config';
import type { Phase } from '../common/lifecycle';
import { PeriodicTask, type Turn } from '../common/periodic-task';
import { UserDirectory } from '../modules/accounts/directory';
import { SaleBoardJob } from '../modules/catalog/sale-board/job';
import { IdempotencyRepository } from '../modules/idempotency/repository';
import { IdentityService } from '../modules/identity/service';
import { ProcessReporter } from '../modules/live/processes/reporter';
import { SalesCountJob } from '../modules/live/sales/job';
import { LiveStreams } from '../modules/live/streams';
import { InvariantMonitor } from '../modules/invariants/monitor/monitor';
import { CancellationJob } from '../modules/organizer/cancellation/job';
import { NotificationWorker } from '../modules/notifications/worker';
import { AdmissionStart } from '../modules/rehearsal/admission-start';
import { Breakers } from '../modules/operations/breakers';
import { HoldExpiryJob } from '../modules/orders/expiry/hold-expiry-job';
import { LapsedSessionsJob } from '../modules/orders/expiry/lapsed-sessions-job';
import { TransparencyJob } from '../modules/transparency/job';
import { LoadMonitor } from '../modules/waiting-room/admission/load-monitor';
import { OpeningJob } from '../modules/waiting-room/opening/job';
import { WaitingRoomRegistry } from '../modules/waiting-room/registry';
import { SessionReconciler } from '../modules/waiting-room/recovery/session-reconciler';
import { QueueStatusService } from '../modules/waiting-room/status/service';
import { QueueStreams } from '../modules/waiting-room/streams/streams';
import { WebhookWorker } from '../modules/webhooks/delivery/worker';
import { DatabaseContact } from '../platform/database/connection/contact';
import { LOGGER, type Logger } from '../platform/observability/logger';
import { StoreMetrics } from '../platform/observability/store-metrics';

const IDEMPOTENCY_PURGE_INTERVAL_MS = 10_000;
const USER_REFRESH_INTERVAL_MS = 10_000;
/** How often to check whether the shop's keys must be fetched again, as after a failure. */
const KEY_REFRESH_INTERVAL_MS = 10_000;
/** How soon a poll that this process has answered counts as presence everywhere. */
const PRESENCE_FLUSH_INTERVAL_MS = 1000;
/** How often processes report their load and one of them decides the admission limit. */
const CONTROL_INTERVAL_MS = 1000;
/** How soon a worker begins to refund a canceled schedule. */
const CANCELLATION_INTERVAL_MS = 1000;
/** How soon a session follows a payment or hold after which its process could not reach Redis. */
const RECONCILE_INTERVAL_MS = 1000;
/** How soon messages of operators and counts of free seats reach waiting users. */
const BOARD_INTERVAL_MS = 500;
/** How often a worker counts what is left, as long as that is quick. */
const SALE_BOARD_INTERVAL_MS = 500;
/** How often the transparency logs get a checkpoint, as long as they grow. */
const TRANSPARENCY_INTERVAL_MS = 1500;

/** How soon a rehearsal's capacity is known to all processes. */
const ADMISSION_START_INTERVAL_MS = 10_000;
/** How soon the session of a user who has paid ends after another hold has lapsed. */
const LAPSED_INTERVAL_MS = 1000;
/** How soon an opening that was set, or a beacon that is known, has effect. */
const OPENING_INTERVAL_MS = 500;
/** How often a process reports its state. */
const PROCESS_REPORT_INTERVAL_MS = 1000;
/** How soon sales are counted once an operator opens the page, and how often afterwards. */
const SALES_COUNT_INTERVAL_MS = 500;

type MakeTask = (name: string, pauseMs: number, turn: Turn) => Phase;

/**
 * The periodic tasks of the role. Every role but `web` admits users, so admission goes on while any process lives. A
 * process of role `web` reads Redis once a snapshot and reports presence, and that is all.
 */
export function background(container: DependencyContainer): Phase[] {
  const { ROLE } = container.resolve<Config>(CONFIG);
  const logger = container.resolve<Logger>(LOGGER);
  const task: MakeTask = (name, pauseMs, turn) => {
    const periodic = new PeriodicTask(name, pauseMs, turn, logger);
    return { name, start: () => periodic.start(), stop: () => periodic.stop() };
  };
  if (ROLE === 'web') return [...snapshotTasks(container, task), boardTask(container, task)];
  return [
    ...queueTasks(container, task),
    ...(ROLE === 'worker' ? [] : apiTasks(container, task)),
    ...(ROLE === 'api' ? [] : workerTasks(container, task)),
  ];
}

function queueTasks(container: DependencyContainer, task: MakeTask): Phase[] {
  const config = container.resolve<Config>(CONFIG);
  const contact = container.resolve(DatabaseContact);
  const start = container.resolve(AdmissionStart);
  const reporter = container.resolve(ProcessReporter);
  const live = container.resolve(LiveStreams);
  const rooms = container.resolve(WaitingRoomRegistry).all;
  return [
    ...rooms.map((room): Phase => ({ name: `progress of ${room.queueId}`, stop: () => room.save() })),
    ...snapshotTasks(container, task),
    ...rooms.map((room) =>
      task(`admission to ${room.queueId}`, config.QUEUE_ADMISSION_INTERVAL_MS, () => room.tick()),
    ),
    task('start of admission', ADMISSION_START_INTERVAL_MS, () => start.turn()),
    task('database contact', DatabaseContact.INTERVAL_MS, () => contact.probe()),
    { name: 'report of this process', stop: () => reporter.stop() },
    task('process report', PROCESS_REPORT_INTERVAL_MS, () => reporter.turn()),
    { name: 'live view', start: () => live.start(), stop: () => live.stop() },
  ];
}

/** Tasks that keep the snapshots fresh and report presence. */
function snapshotTasks(container: DependencyContainer, task: MakeTask): Phase[] {
  const config = container.resolve<Config>(CONFIG);
  const breakers = container.resolve(Breakers);
  return container.resolve(WaitingRoomRegistry).all.flatMap((room): Phase[] => [
    { name: `last presence in ${room.queueId}`, stop: () => room.flushPresence() },
    task(`snapshot of ${room.queueId}`, config.QUEUE_SNAPSHOT_INTERVAL_MS, async () => {
      await room.refresh();
      breakers.queue.close(); // Redis answers: trial calls are not needed
    }),
    task(`presence in ${room.queueId}`, PRESENCE_FLUSH_INTERVAL_MS, () => room.flushPresence()),
  ]);
}

function boardTask(container: DependencyContainer, task: MakeTask): Phase {
  const statuses = container.resolve(QueueStatusService);
  return task('boards', BOARD_INTERVAL_MS, async () => {
    await Promise.all(statuses.queueIds.map((id) => statuses.refreshBoard(id)));
  });
}

function apiTasks(container: DependencyContainer, task: MakeTask): Phase[] {
  const rooms = container.resolve(WaitingRoomRegistry);
  const users = container.resolve(UserDirectory);
  const identity = container.resolve(IdentityService);
  const streams = container.resolve(QueueStreams);
  const load = container.resolve(LoadMonitor);
  const reporter = container.resolve(ProcessReporter);
  return [
    boardTask(container, task),
    { name: 'load monitor', start: () => load.start(), stop: () => load.stop() },
    task('admission control', CONTROL_INTERVAL_MS, async () => {
      const signals = load.drain();
      reporter.recordSignals(signals);
      await Promise.all(rooms.all.map((room) => room.coordinateAdmission(signals)));
    }),
    task('user directory', USER_REFRESH_INTERVAL_MS, () => users.loadMore()),
    ...(identity.isRequired
      ? [task('keys of the shop', KEY_REFRESH_INTERVAL_MS, () => identity.refreshKeys())]
      : []),
    { name: 'streams', start: () => streams.start(), stop: () => streams.stop() },
  ];
}

function workerTasks(container: DependencyContainer, task: MakeTask): Phase[] {
  const config = container.resolve<Config>(CONFIG);
  const holds = container.resolve(HoldExpiryJob);
  const sessions = container.resolve(SessionReconciler);
  const keys = container.resolve(IdempotencyRepository);
  const notifications = container.resolve(NotificationWorker);
  const cancellations = container.resolve(CancellationJob);
  const invariants = container.resolve(InvariantMonitor);
  const stores = container.resolve(StoreMetrics);
  const webhooks = container.resolve(WebhookWorker);
  const saleBoard = container.resolve(SaleBoardJob);
  const openings = container.resolve(OpeningJob);
  const lapsed = container.resolve(LapsedSessionsJob);
  const salesCount = container.resolve(SalesCountJob);
  return [
    { name: 'notifications', start: () => notifications.start(), stop: () => notifications.stop() },
    { name: 'webhooks', start: () => webhooks.start(), stop: () => webhooks.stop() },
    task('hold expiry', config.HOLD_EXPIRY_INTERVAL_MS, () => holds.expireBatch()),
    { name: 'lease of cancellations', stop: () => cancellations.stop() },
    task('schedule cancellation', CANCELLATION_INTERVAL_MS, () => cancellations.turn()),
    { name: 'lease of the sale board', stop: () => saleBoard.stop() },
    task('sale board', SALE_BOARD_INTERVAL_MS, () => saleBoard.turn()),
    task('sessions of lapsed holds', LAPSED_INTERVAL_MS, () => lapsed.turn()),
    { name: 'lease of the openings', stop: () => openings.stop() },
    task('openings', OPENING_INTERVAL_MS, () => openings.turn()),
    ...transparencyTasks(container, task),
    { name: 'lease of the sales count', stop: () => salesCount.stop() },
    task('sales count', SALES_COUNT_INTERVAL_MS, () => salesCount.turn()),
    task('session reconciliation', RECONCILE_INTERVAL_MS, () => sessions.turn()),
    { name: 'invariant checks', start: () => invariants.start(), stop: () => invariants.stop() },
    { name: 'store metrics', start: () => stores.start(), stop: () => stores.stop() },
    task('idempotency key purge', IDEMPOTENCY_PURGE_INTERVAL_MS, () =>
      keys.forgetOlderThan(config.IDEMPOTENCY_HOURS),
    ),
  ];
}

function transparencyTasks(container: DependencyContainer, task: MakeTask): Phase[] {
  if (container.resolve<Config>(CONFIG).TRANSPARENCY === 'off') return [];
  const logs = container.resolve(TransparencyJob);
  return [
    { name: 'lease of the transparency logs', stop: () => logs.stop() },
    task('transparency logs', TRANSPARENCY_INTERVAL_MS, () => logs.turn()),
  ];
}
