import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADMISSION_FIELDS } from '../../../src/modules/waiting-room/state/admission-fields';
import { readDelta } from '../../../src/modules/waiting-room/state/replies';

const root = join(__dirname, '../../..');
const lua = join(root, 'src/modules/waiting-room/state/lua');
const scripts = readdirSync(lua, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.lua'))
  .map((name) => ({ name, text: readFileSync(join(lua, name), 'utf8').replace(/^\s*--.*$/gm, '') }));
const textOf = (name: string): string => readFileSync(join(lua, name), 'utf8');

const quoted = (text: string): string[] => [...text.matchAll(/'([^']+)'/g)].map(([, name = '']) => name);

/** Fields of the state that a call names; those that are built from a prefix end with a colon. */
function fieldsOf(command: string, list: string): string[] {
  const isPair = command === 'HSET' || command === 'HSETNX';
  const parts = list.split(/,(?![^(]*\))/).map((part) => part.trim());
  return parts.flatMap((part, i) => (isPair && i % 2 === 1 ? [] : quoted(part.split('..')[0] ?? '')));
}

/** The fields of the state that the scripts read or write by their names. */
function usedFields(): Set<string> {
  const calls = /redis\.call\('(H(?!SCAN)[A-Z]+)', KEYS\[1\], (.*?)\)(?=[\s),]|$)/gm;
  const used = scripts.flatMap(({ text }) =>
    [...text.matchAll(calls)].flatMap(([, command = '', list = '']) => fieldsOf(command, list)),
  );
  return new Set(used);
}

/** The fields that the head of common.lua lists: `a`, `a, b`, `has:<key>`. */
function documentedFields(): Set<string> {
  const [, head = ''] = /Fields of the state:\n((?:--.*\n)+)/.exec(textOf('include/common.lua')) ?? [];
  const names = [...head.matchAll(/^-- {3}([^\s,]+(?:, [^\s,]+)*) /gm)].flatMap(([, list = '']) =>
    list.split(', '),
  );
  return new Set(names.map((name) => name.replace(/<.*$/, '')));
}

/** The fields that the table of Redis keys lists for the key `state`. */
function fieldsInArchitecture(): Set<string> {
  const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const row = text.split('\n').find((line) => line.startsWith('| `state` |')) ?? '';
  return new Set([...row.matchAll(/`([\w:]+)(?:<\w+>)?`/g)].map(([, name = '']) => name));
}

describe('the fields of a queue’s state', () => {
  it('ADMISSION_FIELDS has the same order in Lua and in TypeScript', () => {
    const [, list = ''] = /ADMISSION_FIELDS = \{(.*?)\}/s.exec(textOf('include/admission-fields.lua')) ?? [];
    expect(quoted(list)).toEqual([...ADMISSION_FIELDS]);
  });

  it('a snapshot reads each admission field from its own position', () => {
    const values = ADMISSION_FIELDS.map((_, i) => Buffer.from(String(i + 1)));
    const numbers = Array<number>(10).fill(0);
    const delta = readDelta([Buffer.from('OK'), ...numbers, [], [], values]);
    expect(delta).toMatchObject({
      admission: {
        autoLimit: 1,
        autoRate: 2,
        lastDecision: '3',
        overrideLimit: 4,
        overrideRate: 5,
        paused: false,
        limitAtAdmission: 7,
      },
    });
  });

  it('the scripts use at least the fields of progress, admission and control', () => {
    expect([...usedFields()]).toEqual(
      expect.arrayContaining([
        'issued',
        'headSeq',
        'gen',
        'autoLimit',
        'paused',
        'controllerState',
        'tokens',
      ]),
    );
  });

  it('the head of common.lua lists every field that a script uses, and no other', () => {
    const used = new Set(
      [...usedFields(), ...ADMISSION_FIELDS].map((name) => name.replace(/^has:.*$/, 'has:')),
    );
    expect([...documentedFields()].sort()).toEqual([...used, 'ends:'].filter(unique).sort());
  });

  it('docs/architecture.md lists every field that the head of common.lua lists', () => {
    const fields = fieldsInArchitecture();
    expect([...documentedFields()].filter((name) => !fields.has(name))).toEqual([]);
  });
});

const unique = (name: string, i: number, all: string[]): boolean => all.indexOf(name) === i;
