// Started by scripts/cluster/dashboards.js [--check]: writes charts/grafana/dashboards, or names the files that are not current.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { k6 } from './k6.ts';
import { runtime } from './runtime.ts';
import { scaling } from './scaling.ts';
import { service } from './service.ts';

const folder = join(import.meta.dirname, '..', 'dashboards');

const wanted = new Map(
  [k6, service, runtime, scaling].map((it) => [`${it.uid ?? ''}.json`, `${JSON.stringify(it, null, 2)}\n`]),
);
const there = new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
const stale = [...new Set([...wanted.keys(), ...there.keys()])].filter(
  (file) => wanted.get(file) !== there.get(file),
);

if (process.argv.includes('--check')) {
  if (stale.length > 0) process.stderr.write(`Not current: ${stale.join(', ')}. Run npm run cluster -- dashboards.\n`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const file of stale) {
    const text = wanted.get(file);
    if (text === undefined) rmSync(join(folder, file));
    else writeFileSync(join(folder, file), text);
    process.stdout.write(`${text === undefined ? 'removed' : 'written'}: ${file}\n`);
  }
}
