import 'reflect-metadata';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { NotFound } from '../common/errors';
import { csvFiles } from '../modules/after-sale/csv';
import { AfterSaleRepository } from '../modules/after-sale/repository';
import { AfterSaleService } from '../modules/after-sale/service';
import { TransparencyRepository } from '../modules/transparency/repository';
import { openDatabase } from '../platform/database/connection/ready';
import {
  CannotRun,
  print,
  readArguments,
  runTool,
  timeOf,
  toolConfig,
  UsageError,
  wholeNumber,
} from './support/tool';

const USAGE = `Usage: npm run queue -- report --out FOLDER [--queue ID] [--schedule ID] [--since TIME] [--until TIME]
How a sale went, from the transparency log of its queue and the orders (DATABASE_URL, reading only): waits, course of the
limit, admissions, refusals, accuracy of estimated waits and of chances, what was sold by minute, the checkpoint.
Writes report.html, report.json and CSV files. In the image, node dist/cli/report.js writes all but report.html.
  --out       the folder, which is made
  --queue     the queue's ID (default: QUEUE_ID)
  --schedule  only the seats of this schedule (default: of all schedules of the queue)
  --since     only what happened from then on, as 2030-01-31T20:00:00+09:00
  --until     and before this time`;

/** A log of a million entries is read in some minutes. */
const READ_MS = 10 * 60_000;

runTool(USAGE, async () => {
  const { values } = readArguments({
    options: {
      out: { type: 'string' },
      queue: { type: 'string' },
      schedule: { type: 'string' },
      since: { type: 'string' },
      until: { type: 'string' },
    },
  });
  if (values.out === undefined || values.out === '') throw new UsageError('--out FOLDER is missing.');
  const folder = resolve(values.out);
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new UsageError(`--out ${values.out} is a file, not a folder.`);
  const scheduleId =
    values.schedule === undefined
      ? undefined
      : wholeNumber('--schedule', values.schedule, { min: 1, max: Number.MAX_SAFE_INTEGER });
  const msOf = (option: '--since' | '--until', value: string | undefined): number | undefined =>
    value === undefined ? undefined : timeOf(option, value).getTime();
  const sinceMs = msOf('--since', values.since) ?? -Infinity;
  const untilMs = msOf('--until', values.until) ?? Infinity;
  if (untilMs <= sinceMs) throw new UsageError('--until must be after --since.');
  const config = toolConfig();
  const queueId = values.queue ?? config.QUEUE_ID;
  const url = config.DATABASE_URL;
  const database = await openDatabase({ url, timeoutMs: READ_MS });
  try {
    const log = new TransparencyRepository(database);
    const service = new AfterSaleService(new AfterSaleRepository(database), log, config);
    const report = await service.report({ queueId, scheduleId, sinceMs, untilMs }).catch((error: unknown) => {
      throw error instanceof NotFound ? new CannotRun(error.message) : error;
    });
    mkdirSync(folder, { recursive: true });
    const files = { 'report.json': `${JSON.stringify(report, null, 2)}\n`, ...csvFiles(report) };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    print(`${folder}: ${Object.keys(files).join(', ')}`);
    return 0;
  } finally {
    await database.close();
  }
});
