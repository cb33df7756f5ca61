import './common/calendar/utc';
import 'reflect-metadata';
import cluster from 'node:cluster';
import { configDoubts, ConfigError, loadConfig, type Config } from './config/config';
import { createLogger, type Logger } from './platform/observability/logger';
import { ProcessMetrics } from './platform/observability/process-metrics';
import { logStrayOutput } from './platform/observability/stray-output';
import { startService } from './service';
import { ServerMismatch } from './startup/server-checks';
import { surviveUncaught } from './common/uncaught';
import { runWorkers, tellPrimary } from './workers';

/** Starts the product: one process, or WORKERS of them. The first SIGTERM or SIGINT stops it gracefully, the second at once. */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config.LOG_LEVEL, config.ROLE);
  logStrayOutput(logger);
  if (cluster.isPrimary) for (const doubt of configDoubts(config)) logger.warn(doubt);
  if (config.WORKERS > 1 && cluster.isPrimary) {
    runWorkers(config, logger);
    surviveUncaught(logger);
  } else await runOne(config, logger);
}

async function runOne(config: Config, logger: Logger): Promise<void> {
  const service = await startService(config);
  const { uncaughtErrors } = service.container.resolve(ProcessMetrics);
  surviveUncaught(logger, () => uncaughtErrors.inc());
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ signal }, 'stopping');
    void service.stop().then(() => {
      logger.info('stopped');
      process.exit(0);
    });
  };
  process.on('SIGTERM', onSignal);
  if (cluster.isWorker) {
    process.on('SIGINT', () => undefined); // a terminal's Ctrl-C reaches all at once; the primary passes it on
    process.once('disconnect', () => onSignal('SIGTERM')); // the primary is gone
  } else process.on('SIGINT', onSignal);
  void service.proved.then(async (wrong) => {
    if (wrong === undefined) tellPrimary({ type: 'started' });
    else if (!stopping) {
      stopping = true;
      await service.stop();
      cannotStart(wrong);
    }
  });
}

/** Says why, last of all, and ends. Of WORKERS processes the primary says it, once for all. */
function cannotStart(error: unknown): void {
  const isSetting = error instanceof ServerMismatch || error instanceof ConfigError;
  const why =
    error instanceof Error ? ((isSetting ? undefined : error.stack) ?? error.message) : String(error);
  if (cluster.isWorker && tellPrimary({ type: 'cannot-start', why }, () => process.exit(1))) return;
  process.stderr.write(`Did not start: ${why}\n`);
  process.exit(1);
}

function readConfig(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\nSee the table: npm run check -- config\n`);
    process.exit(1);
  }
}

main().catch(cannotStart);
