// npm run queue -- report: makes report.html of the report.json that dist/cli/report.js has written into a folder.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterSalePage } from './report/after-sale.ts';
import { htmlPage } from './report/page.ts';
import type { SaleReport } from '../../src/modules/after-sale/schema';

const folder = process.argv[2] ?? '.';
const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as SaleReport;
const file = join(folder, 'report.html');
writeFileSync(file, htmlPage(afterSalePage(report)));
process.stdout.write(`${file}\n`);
