import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { useService } from '../support/suite';

const root = join(__dirname, '../..');
const SCHEMAS = [
  { pages: 'buyer’s', document: '/openapi.json', file: 'web/shared/api/schema.d.ts' },
  { pages: 'operator’s', document: '/v1/admin/openapi.json', file: 'web/shared/api/admin.d.ts' },
];

describe('the client of the pages', () => {
  // With everything that a configuration may switch on.
  const app = useService({ TOKEN_GATE: 'proof-of-work', MANAGEMENT_PORT: 0 });

  it.each(SCHEMAS)(
    'is made of the document of this version: the $pages (UPDATE_GOLDEN=1 writes it)',
    async ({ document: path, file }) => {
      const { text } = await request(app.managementUrl).get(path);
      const folder = mkdtempSync(join(tmpdir(), 'openapi-'));
      const document = join(folder, 'openapi.json');
      writeFileSync(document, text);
      const cli = join(root, 'node_modules/openapi-typescript/bin/cli.js');
      const made = execFileSync(process.execPath, [cli, document], { encoding: 'utf8', stdio: 'pipe' });
      rmSync(folder, { recursive: true });
      if (process.env.UPDATE_GOLDEN === '1') writeFileSync(join(root, file), made);
      expect(readFileSync(join(root, file), 'utf8')).toBe(made);
    },
  );
});
