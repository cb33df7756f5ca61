import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findWords, isChecked, rules } from '../../scripts/lib/words/words';

const root = join(__dirname, '..', '..');
const wordsIn = (line: string, file = 'src/a.ts'): string[] => findWords(file, line).map(({ word }) => word);

describe('the lint of words', () => {
  it('has the same list as the glossary', () => {
    const glossary = readFileSync(join(root, 'docs', 'glossary.md'), 'utf8');
    const [, section = ''] = glossary.split('## Words that are out');
    const rows = [...section.matchAll(/^\| (.+) \| (.+) \|$/gm)].map(([, out, write]) => ({ out, write }));
    expect(rows.slice(1)).toEqual(rules.map(({ out, write }) => ({ out, write })));
  });

  it('reports the line, the word as it stands there, and what to write', () => {
    expect(findWords('src/a.ts', 'const a = 1;\n// The Visitors wait.\n')).toEqual([
      { line: 2, word: 'Visitors', write: 'user, buyer' },
    ]);
  });

  it.each([
    ['openDoor()', ['Door']],
    ['DOOR_STATE', ['DOOR']],
    ['a doorbell indoors', []],
    ['It works, too.', ['too']],
    ['It is, too much, a test', []],
    ['It works, too', ['too']],
    ['whoever comes anew', ['whoever', 'anew']],
    ['the operator’s hand', ['operator’s hand']],
    ['runs for ever in vain', ['for ever', 'in vain']],
    ['a marshal', []],
  ])('finds in %j: %j', (line, words) => {
    expect(wordsIn(line).sort()).toEqual([...words].sort());
  });

  it.each([
    ['a new member enters', ['member']],
    ['given.members(3)', ['members']],
    ["SELECT 1 FROM member WHERE id = ? AND 'x'", []],
    ['UPDATE member SET balance = member.balance + 1', []],
    ['JOIN member m ON m.id = user_id', []],
    ['the table `member`', []],
    ['two members of a sorted set', []],
    ['a group member', []],
  ])('lets a table and a set have members: %j → %j', (line, words) => {
    expect(wordsIn(line)).toEqual(words);
  });

  it('knows a member of a Redis set in Lua', () => {
    expect(wordsIn('local member = 1', 'src/modules/waiting-room/state/lua/tick-4.lua')).toEqual([]);
  });

  it('lets a marked line keep its word, and the line after it', () => {
    expect(wordsIn('old name: door (words-allow: door)')).toEqual([]);
    expect(findWords('a.md', '<!-- words-allow: door -->\nthe door\nthe door')).toMatchObject([{ line: 3 }]);
  });

  it.each([
    ['docs/glossary.md', false],
    ['CHANGELOG.md', false],
    ['src/database/migrations/0001.sql', false],
    ['test/charts/golden/api.yaml', false],
    ['docs/architecture.md', true],
    ['charts/concert-api/values.yaml', true],
  ])('checks %s: %s', (file, checked) => {
    expect(isChecked(file)).toBe(checked);
  });
});
