import cluster, { type Worker } from 'node:cluster';
import type { Config } from './config';
import { answerScrapes } from './infra/cluster-metrics';
import type { Logger } from './infra/logger';

const RESTART_AFTER_MS = 1000;

/**
 * The primary of WORKERS processes on one port. Of role `all` the first worker does the background work, too, and the
 * others answer requests only. A worker that dies is replaced; signals go to all, and it ends when they have.
 */
export function runWorkers(config: Config, logger: Logger): void {
  answerScrapes();
  let stopping = false;
  const roles = new Map<Worker, Config['ROLE']>();

  const fork = (role: Config['ROLE']): void => {
    // One secret for all, also one that was made up.
    roles.set(cluster.fork({ ROLE: role, TOKEN_SECRET: config.TOKEN_SECRET }), role);
  };

  cluster.on('exit', (worker, code, signal: string | null) => {
    const role = roles.get(worker) ?? 'api';
    roles.delete(worker);
    if (stopping) {
      if (roles.size === 0) process.exit(0);
      return;
    }
    logger.error({ worker: worker.process.pid, code, signal }, 'a worker died; starting another');
    setTimeout(() => {
      if (!stopping) fork(role);
    }, RESTART_AFTER_MS);
  });

  const stop = (): void => {
    const signal = stopping ? 'SIGKILL' : 'SIGTERM';
    stopping = true;
    for (const worker of roles.keys()) worker.process.kill(signal);
    if (roles.size === 0) process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  for (let i = 0; i < config.WORKERS; i++) fork(config.ROLE === 'all' && i > 0 ? 'api' : config.ROLE);
  logger.info({ workers: config.WORKERS }, 'workers started');
}
