import { existsSync, globSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { USAGE as ADMISSION } from '../../lab/admission/options';
import { MODEL_SCENARIOS } from '../../lab/admission/model/scenarios';
import { SCENARIOS } from '../../lab/admission/scenarios';
import { BENCHMARKS, USAGE as BENCH } from '../../lab/bench/options';
import { nemeses } from '../../lab/faults/nemesis';
import { USAGE as FAULTS } from '../../lab/faults/options';
import { USAGE as LOAD } from '../../k6/runner/options';

const root = join(__dirname, '../..');
const unnamed = (usage: string, names: string[]): string[] =>
  names.filter((name) => !usage.split(/[\s,;:]+/).includes(name));

describe('help is a text, because it is shown before anything is installed', () => {
  it('the help of bench names every benchmark', () => {
    const names = BENCHMARKS.flatMap((benchmark) => benchmark.names);
    expect(unnamed(BENCH, names)).toEqual([]);
  });

  it('the help of faults names every fault with what it does', () => {
    for (const { name, about } of nemeses)
      expect(FAULTS).toContain(`  ${name.padEnd(20)} ${about}\n`.trimEnd());
  });

  it('the help of admission has every scenario, with its length and limits', () => {
    expect(
      unnamed(
        ADMISSION,
        MODEL_SCENARIOS.map(({ name }) => name),
      ),
    ).toEqual([]);
    for (const { name, seconds, limits } of SCENARIOS)
      expect(ADMISSION).toMatch(
        new RegExp(`^ {2}${name} .*: ${seconds} s, limits ${limits.join(', ')}$`, 'm'),
      );
  });

  it('the help of load names every script of k6/', () => {
    const scripts = readdirSync(join(root, 'k6')).filter((name) => name.endsWith('.ts'));
    expect(
      unnamed(
        LOAD,
        scripts.map((name) => name.slice(0, -'.ts'.length)),
      ),
    ).toEqual([]);
  });
});

interface Area {
  code: string[];
  tests: string[];
  textTests?: string[];
  text?: string[];
}

it('the tests and sources of the mutation areas exist', () => {
  const areas = jest.requireActual<Record<string, Area>>('../../lab/mutation/areas');
  // `{a,b}` names several files, and each must be there.
  const named = (pattern: string): string[] => {
    const [, before = '', list = '', after = ''] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(pattern) ?? [];
    return list === '' ? [pattern] : list.split(',').map((one) => before + one + after);
  };
  const sources = Object.values(areas).flatMap(({ code }) => code.flatMap(named));
  expect(sources.filter((file) => globSync(file, { cwd: root }).length === 0)).toEqual([]);
  const files = Object.values(areas).flatMap(({ tests, textTests = [], text = [] }) => [
    ...tests,
    ...textTests,
    ...text,
  ]);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
