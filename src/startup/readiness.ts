import type { DependencyContainer } from 'tsyringe';
import { CONFIG, type Config } from '../config/config';
import type { Phase } from '../common/lifecycle';
import { PeriodicTask } from '../common/periodic-task';
import { Health } from '../modules/operations/health';
import { Database } from '../platform/database/database';
import { LOGGER, type Logger } from '../platform/observability/logger';
import { Redis } from '../platform/redis/redis';
import { ForeignServers } from './foreign-servers';
import { checkDatabase, checkRedis, refusalOf, ServerMismatch } from './server-checks';

const STARTING_RETRY_MS = 250;

export interface Readiness {
  phase: Phase;
  /** Resolves when the stores have been met: undefined, the process is ready; else the variable that is wrong. Brokers are not waited for, but looked at. */
  proved: Promise<ServerMismatch | undefined>;
}

/** The last to start and the first to stop: load balancers learn of it before anything else changes. */
export function readiness(container: DependencyContainer): Readiness {
  const config = container.resolve<Config>(CONFIG);
  const health = container.resolve(Health);
  const logger = container.resolve<Logger>(LOGGER);
  const database = container.resolve(Database);
  const redis = container.resolve(Redis);
  const foreign = new ForeignServers(config);
  let end: (wrong?: ServerMismatch) => void = () => undefined;
  const proved = new Promise<ServerMismatch | undefined>((resolve) => (end = resolve));
  const lookedAtBrokers = foreign.lookAtBrokers().then((wrong) => {
    if (wrong !== undefined) end(wrong);
  });
  const notice = (error: unknown): void => {
    const refusal = refusalOf(error);
    if (refusal !== undefined) end(refusal);
  };
  const waitForDependencies = new PeriodicTask(
    'waiting for database and redis',
    STARTING_RETRY_MS,
    async () => {
      try {
        // Pages come from memory, and a status that is old is better than none.
        if (config.ROLE !== 'web') {
          await Promise.all([checkDatabase(database), checkRedis(redis, config.REDIS_URL)]);
          await health.firstContact();
        }
      } catch (error) {
        const wrong = error instanceof ServerMismatch ? error : await foreign.lookAfterFailure();
        if (wrong === undefined) throw error;
        end(wrong);
        return void waitForDependencies.stop();
      }
      redis.off('error', notice);
      health.phase = 'ready';
      logger.info('ready');
      void lookedAtBrokers.then(() => end());
      void waitForDependencies.stop();
    },
    logger,
  );
  const phase: Phase = {
    name: 'readiness',
    start: () => {
      redis.on('error', notice);
      waitForDependencies.start();
    },
    stop: async () => {
      const wasReady = health.phase === 'ready';
      health.phase = 'draining';
      await waitForDependencies.stop();
      if (wasReady && config.SHUTDOWN_DRAIN_MS > 0)
        await new Promise((resolve) => setTimeout(resolve, config.SHUTDOWN_DRAIN_MS));
    },
  };
  return { phase, proved };
}
