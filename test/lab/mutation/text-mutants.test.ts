import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectRedis } from '../../../src/platform/redis/redis';
import { testConfig } from '../../support/config';

interface Mutant {
  line: number;
  from: string;
  to: string;
  text: string;
}
const { textMutants } = jest.requireActual<{ textMutants: (file: string, source: string) => Mutant[] }>(
  '../../../lab/mutation/text/text-mutants',
);

const changes = (file: string, source: string): string[] =>
  textMutants(file, source).map(({ from, to }) => `${from} → ${to}`);

const src = join(__dirname, '../../../src');
const lua = join(src, 'modules/waiting-room/state/lua');
const luaFiles = readdirSync(lua, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.lua'),
);

describe('mutants of SQL', () => {
  it('leave out a condition or an assignment, shift a comparison, turn a sign, take another state', () => {
    const sql = `UPDATE t SET status = 'RESERVED', n = n + ? WHERE id = ? AND n <= ? AND until > NOW(3)`;
    expect(changes('a.ts', `const A = \`${sql}\`;`).sort()).toEqual(
      [
        'id = ? → (id = ? OR TRUE)',
        'n <= ? → (n <= ? OR TRUE)',
        'until > NOW(3) → (until > NOW(3) OR TRUE)',
        "status = 'RESERVED' → status = IF(TRUE, status, 'RESERVED')",
        'n = n + ? → n = IF(TRUE, n, n + ?)',
        '<= → <',
        '> → <=',
        ' +  →  - ',
        "'RESERVED' → 'TEMP_RESERVED'",
      ].sort(),
    );
  });

  it('reach into groups and sub-selects, and leave out orders, bounds and locks', () => {
    const sql =
      'SELECT 1 FROM a WHERE (x = ? OR y < (SELECT MAX(z) FROM b WHERE c = ?)) ORDER BY x LIMIT 1 FOR UPDATE SKIP LOCKED';
    expect(changes('a.ts', `f('${sql}');`)).toEqual(
      expect.arrayContaining([
        'x = ? → (x = ? AND FALSE)',
        'c = ? → (c = ? OR TRUE)',
        ' ORDER BY x → ',
        ' LIMIT 1 → ',
        ' FOR UPDATE → ',
        ' SKIP LOCKED → ',
      ]),
    );
  });

  it('are made of statements alone', () => {
    expect(changes('a.ts', "// SELECT 1 WHERE a < b\nconst a = b < c && d === 'RESERVED';")).toEqual([]);
  });

  it.each(['accounts/repository', 'orders/holds/hold-repository'])('keep every placeholder of %s', (name) => {
    const file = join(src, `modules/${name}.ts`);
    const source = readFileSync(file, 'utf8');
    const count = (text: string): number => text.split('?').length;
    const mutants = textMutants(file, source);
    expect(mutants.length).toBeGreaterThan(5);
    expect(mutants.filter(({ text }) => count(text) !== count(source))).toEqual([]);
  });
});

describe('mutants of Lua', () => {
  it('shift a comparison, turn a sign or a word, leave out a line', () => {
    const source = [
      'local a = b + 1 -- c < d',
      "if a >= b and not f('x == y') then return now < a end",
      '  seq = seq * 2',
      "redis.call('SET', a, b)",
    ].join('\n');
    expect(changes('a.lua', source).sort()).toEqual(
      [
        ' +  →  - ',
        '>= → >',
        '< → >=',
        ' and  →  or ',
        'not  → ',
        "if a >= b and not f('x == y') then return now < a end → ",
        'seq = seq * 2 → ',
        "redis.call('SET', a, b) → ",
      ].sort(),
    );
  });

  it('are scripts that Redis takes', async () => {
    const redis = connectRedis(testConfig().REDIS_URL, 60_000);
    await redis.connect();
    const refused: string[] = [];
    try {
      for (const name of luaFiles)
        for (const { text, line } of textMutants(name, readFileSync(join(lua, name), 'utf8')))
          await redis
            .script('LOAD', text)
            .catch((error: unknown) => refused.push(`${name}:${line} ${String(error)}`));
    } finally {
      redis.disconnect();
    }
    expect(refused).toEqual([]);
  });
});
