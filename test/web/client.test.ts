import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { useService } from '../support/suite';

const root = join(__dirname, '../..');
const SCHEMA = join(root, 'web/shared/api/schema.d.ts');

describe('the client of the pages', () => {
  // With everything that a configuration may switch on.
  const it_ = useService({ TOKEN_PROOF_OF_WORK_BITS: 1 });

  it('is made of the document of this version (UPDATE_GOLDEN=1 writes it)', async () => {
    const { text } = await request(it_.url).get('/openapi.json');
    const folder = mkdtempSync(join(tmpdir(), 'openapi-'));
    const document = join(folder, 'openapi.json');
    writeFileSync(document, text);
    const cli = join(root, 'node_modules/openapi-typescript/bin/cli.js');
    const made = execFileSync(process.execPath, [cli, document], { encoding: 'utf8', stdio: 'pipe' });
    rmSync(folder, { recursive: true });
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(SCHEMA, made);
    expect(readFileSync(SCHEMA, 'utf8')).toBe(made);
  });
});
