import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const { needsKafka } = jest.requireActual<{ needsKafka: (args: string[]) => boolean }>(
  '../../scripts/lib/tests/needs',
);
const tests = join(__dirname, '..');

describe('npm test -- path …', () => {
  it.each([
    [['test/charts'], false],
    [['./test/cli/seed.test.ts', 'test/outbox/roles', '--testNamePattern=x'], false],
    [['test/outbox'], true],
    [['test/cli/seed.test.ts', 'test/cli/verify-kafka.test.ts'], true],
    [['test/cli/seed.test.ts', '-t', 'a value or a pattern'], true],
    [['test/(charts|cli)'], true],
    [['seats'], true],
    [['--coverage'], true],
    [[], true],
  ])('%j: a Kafka is needed: %s', (args, isNeeded) => {
    expect(needsKafka(args)).toBe(isNeeded);
  });

  it('no test gets its broker in another way', () => {
    const variable = ['process', 'env', 'KAFKA_BROKERS'].join('.');
    const readers = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && readFileSync(join(tests, name), 'utf8').includes(variable),
    );
    expect(readers).toEqual([join('support', 'clients', 'kafka.ts')]);
  });
});
