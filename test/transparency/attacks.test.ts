import { seedOf } from '../../lab/audit/replay/draw';
import { doubtsOf, isDishonest, verdictOf } from '../../lab/audit/verdict';
import { encodeEntries } from '../../src/modules/transparency/bundle';
import { auditOf, checkpointOf, faultsOf, QUEUE_ID } from './memory-log';

const START_MS = 1_800_000_000_000;
const GEN = 1048577;
const commitment = (seq: number): string => `${String(seq).padStart(43, 'A')}=`;
/** @param at seconds after the start */
const leaf = (at: number, kind: string, words: string): string => `${kind} ${START_MS + at * 1000} ${words}`;
const issue = (at: number, seq: number, gen = GEN): string =>
  leaf(at, 'issue', `${seq} ${gen} ${commitment(seq)}`);
const LIMIT = leaf(1, 'limit', 'fixed 2 -');

/** Seven users at a limit of 2, which an operator raises to 3. Number 5 is absent in its turn and comes back. */
const HONEST = [
  leaf(0, 'begin', `${GEN} 0 0 0 0 0 0 - - - - -`),
  leaf(0, 'sale', 'OPEN'),
  ...[1, 2, 3, 4, 5, 6, 7].map((seq) => issue(0, seq)),
  LIMIT,
  leaf(1, 'admit', '1 next 0'),
  leaf(1, 'admit', '2 next 1'),
  leaf(2, 'epoch', '4'),
  leaf(2, 'present', '4 0 0 Gw=='), // 3, 4, 6 and 7
  leaf(3, 'epoch', '5'),
  leaf(3, 'present', '5 0 0 Gw=='),
  leaf(4, 'end', '1 paid'),
  leaf(4, 'admit', '3 next 2'),
  leaf(5, 'command', 'limit 3'),
  leaf(5, 'limit', 'operator 3 -'),
  leaf(5, 'admit', '4 next 3'),
  leaf(6, 'end', '2 paid'),
  leaf(6, 'admit', '6 next 4'),
  leaf(7, 'back', '5'),
  leaf(7, 'end', '3 released'),
  leaf(7, 'admit', '5 rejoined'),
];

const without = (...gone: string[]): string[] => HONEST.filter((each) => !gone.includes(each));
const after = (known: string, ...added: string[]): string[] => {
  expect(HONEST).toContain(known);
  return HONEST.toSpliced(HONEST.indexOf(known) + 1, 0, ...added);
};
const then = (...added: string[]): string[] => [...HONEST, ...added];

describe('an audit of a log that an attacker has made', () => {
  it('finds nothing in the log as it was', async () => {
    expect(await faultsOf(HONEST)).toEqual([]);
  });

  it.each(['constructor', 'toString', '__proto__', 'admitted'])('knows no leaf of type %s', async (kind) => {
    expect(await faultsOf(then(leaf(8, kind, '7')))).toEqual([`there are no leaves of type ${kind}`]);
  });

  it.each([
    ['a limit that is no number', leaf(8, 'limit', 'fixed many -')],
    ['a limit of nobody', leaf(8, 'limit', 'friend 9 -')],
    ['a command that does not exist', leaf(8, 'command', 'open -')],
    ['a reason that does not exist', leaf(8, 'admit', '7 friend')],
    ['an end that does not exist', leaf(8, 'end', '4 lost')],
    ['more words than it has', leaf(8, 'end', '4 paid 7')],
    ['a number in another form', leaf(8, 'admit', '0x7 next 6')],
    ['bits that would fill the memory', leaf(8, 'present', '6 0 999999999 AA==')],
    ['a gap without times', leaf(8, 'gap', '- - -')],
  ])('refuses a leaf with %s', async (_, forged) => {
    expect(await faultsOf(then(forged))).toEqual([expect.stringContaining('is malformed')]);
  });

  it('finds an admission above a limit that was lowered in the same second', async () => {
    const lowered = [
      leaf(7, 'command', 'limit 1'),
      leaf(7, 'limit', 'operator 1 -'),
      leaf(7, 'admit', '7 next 6'),
    ];
    expect(await faultsOf(then(leaf(7, 'end', '4 paid'), ...lowered))).toEqual([
      'entry 7 was admitted as number 3, above the limit of 1',
    ]);
  });

  it('finds an operator whose command is not there, and a command that was not followed', async () => {
    expect(await faultsOf(without(leaf(5, 'command', 'limit 3')))).toContainEqual(
      "a limit of 3 is said to be the operator's, who has set none",
    );
    const ignored = [leaf(8, 'end', '4 paid'), leaf(8, 'command', 'auto -'), leaf(8, 'admit', '7 next 6')];
    expect(await faultsOf(then(...ignored))).toEqual([
      'entry 7 was admitted under a limit of 3 at any rate, which was not in force any more',
    ]);
  });

  it('finds admissions that are faster than the rate, and a rate that nobody has set', async () => {
    const limits = [leaf(8, 'command', 'rate 1'), leaf(8, 'limit', 'operator 3 1'), leaf(8, 'end', '4 paid')];
    const next = (at: number): string[] => [leaf(at, 'end', '5 paid'), leaf(at, 'admit', '8 next 7')];
    const two = [issue(7, 8), ...limits, leaf(8, 'admit', '7 next 6')];
    expect(await faultsOf(then(...two, ...next(9)))).toEqual([]);
    expect(await faultsOf(then(...two, ...next(8.9)))).toEqual([
      'entry 8 was admitted faster than 1 a second',
    ]);
    const forged = then(...two, ...next(8.9)).map((each) => each.replace('operator 3 1', 'operator 3 100'));
    expect(await faultsOf(forged)).toEqual(['a rate of 100 is in force, and nobody has set it']);
  });

  it('finds an entry that was issued in another generation, and one that was issued twice', async () => {
    expect(await faultsOf(then(issue(8, 8, GEN + 1)))).toEqual([
      `entry 8 was issued in generation ${GEN + 1}, and the queue was in ${GEN}`,
    ]);
    expect(await faultsOf(then(issue(8, 7)))).toEqual(['entry 7 was issued behind entry 7']);
  });

  it('finds entries that were skipped by a state, and a queue that begins again, where nothing was lost', async () => {
    const state = leaf(3, 'state', `${GEN} 7 7 6 5 2 0 - - - - -`);
    expect(await faultsOf(after(leaf(3, 'present', '5 0 0 Gw=='), state))).toEqual([
      'a state is not the one that the leaves before it lead to, and nothing was lost',
    ]);
    const honest = leaf(7, 'state', `${GEN} 7 7 6 5 3 0 - 3 - - -`);
    expect(await faultsOf(then(honest, ...['4', '5', '6'].map((seq) => leaf(7, 'open', seq))))).toEqual([]);
    const begin = leaf(8, 'begin', `${GEN + 2 ** 20} 0 0 0 0 0 0 - - - - -`);
    expect(await faultsOf(then(begin))).toContainEqual(
      'the queue begins a second time, and nothing was lost',
    );
  });

  it('finds a session that was opened ahead of the turn after a restore', async () => {
    const restored = [
      leaf(8, 'restore', `${GEN + 1} 7 100007 6 0 0 0 - 3 - - -`),
      leaf(8, 'open', '4'),
      leaf(9, 'limit', 'operator 3 -'),
      leaf(9, 'admit', '7 next 6'),
    ];
    expect(await faultsOf(then(...restored))).toEqual([]);
    const friend = restored.map((each) => each.replace(/^(open \d+) 4$/, '$1 9'));
    expect(await faultsOf(then(...friend))).toEqual([
      'the session of entry 9 was opened, and the turn was at 6',
    ]);
  });

  it('finds an entry that comes back before its turn has passed, also while a restore goes on', async () => {
    const restored = [leaf(8, 'restore', `${GEN + 1} 7 100007 6 0 0 1 - 3 - - -`), leaf(8, 'back', '9')];
    const admitted = [leaf(9, 'limit', 'operator 3 -'), leaf(9, 'admit', '9 rejoined')];
    expect(await faultsOf(then(...restored, ...admitted))).toContainEqual(
      'entry 9 was admitted as one that is back before its turn had passed',
    );
  });

  it('finds a time that goes back, by itself or by a gap, and a gap that begins elsewhere', async () => {
    expect(await faultsOf(then(leaf(6.1, 'end', '4 paid')))).toEqual([]); // a clock may be that far off
    expect(await faultsOf(then(leaf(5.9, 'end', '4 paid')))).toEqual(['the clock went back by 1100 ms']);
    const gap = (from: number, to: number): string[] =>
      then(leaf(9, 'gap', `${START_MS + from * 1000} ${START_MS + to * 1000} -`));
    expect(await faultsOf(gap(7, 9))).toEqual([]);
    expect(await faultsOf(gap(7, 3))).toEqual(['a gap goes back by 4000 ms']);
    expect(await faultsOf(gap(6, 9))).toEqual([expect.stringContaining('a gap is said to begin at')]);
  });

  it('cannot decide of a log that ends in a gap, whatever follows', async () => {
    const gap = leaf(8, 'gap', `${START_MS + 7000} ${START_MS + 8000} -`);
    const open = await auditOf(then(gap, leaf(8, 'admit', '7 next 6'), leaf(8, 'admit', '900 next 7')));
    expect([isDishonest(open), doubtsOf(open)]).toEqual([false, [expect.stringContaining('ends in a gap')]]);
    expect(verdictOf(open, 0)).toContain('Verdict: it cannot be decided');
    const state = leaf(8, 'state', `${GEN} 7 7 6 5 0 0 - 3 - - -`);
    const closed = await auditOf(then(gap, leaf(8, 'admit', '7 next 6'), state));
    expect([isDishonest(closed), doubtsOf(closed)]).toEqual([false, []]);
    expect(verdictOf(closed, 0)).toContain('2 leaves judged by their form alone');
  });

  it('finds presence that is taken back, and an epoch that ends twice', async () => {
    const emptied = after(leaf(3, 'present', '5 0 0 Gw=='), leaf(3, 'present', '5 0 0 AA=='));
    const skipped = emptied.map((each) =>
      each === leaf(4, 'admit', '3 next 2') ? leaf(4, 'admit', '4 next 2') : each,
    );
    expect(await faultsOf(skipped)).toContainEqual('entry 3 was present, and was passed over');
    expect(await faultsOf(after(leaf(3, 'present', '5 0 0 Gw=='), leaf(3, 'epoch', '5')))).toContainEqual(
      'presence epoch 5 ended again',
    );
  });

  it('finds a draw without a registration, a second draw of one, and one that closed early', async () => {
    const opensAt = new Date(START_MS).toISOString();
    const own = {
      number: 1,
      opensAt,
      firstSeq: 0,
      lastSeq: 2,
      root: 'ab'.repeat(32),
      beacon: 'drand x 1 ff',
    };
    const draws = [{ ...own, seed: seedOf(QUEUE_ID, { ...own, seed: null }) }];
    const drawn = leaf(0, 'draw', `0 2 ${draws[0]?.seed ?? ''}`);
    const cut = leaf(0, 'cut', '0 2');
    const log = [leaf(0, 'begin', `${GEN} 0 0 0 0 0 0 - - - - -`), issue(0, 1), issue(0, 2)];
    expect(await faultsOf([...log, cut, drawn], { draws })).toEqual([]);
    const unregistered = 'entries 1 to 2 were drawn, and no registration of them had closed';
    expect(await faultsOf([...log, drawn], { draws })).toEqual([unregistered]);
    expect(await faultsOf([...log, cut, drawn, drawn], { draws })).toEqual([unregistered]);
    const later = draws.map((draw) => ({ ...draw, opensAt: new Date(START_MS + 1).toISOString() }));
    expect(await faultsOf([...log, cut, drawn], { draws: later })).toEqual([
      'the registration for a draw closed before the time that is published',
    ]);
    expect(doubtsOf(await auditOf([...log, cut, drawn]))).toEqual([expect.stringContaining('draws.json')]);
  });

  it('takes no checkpoint of an older key or of another queue, and no receipt of one', async () => {
    for (const by of [{ secret: 'an older secret' }, { queueId: 'vip' }]) {
      const foreign = checkpointOf(HONEST, by);
      const receipt = { leafIndex: 2, leaf: issue(0, 1), checkpoint: foreign };
      await expect(faultsOf(HONEST, { note: foreign })).rejects.toThrow('is not signed by');
      await expect(faultsOf(HONEST, { seen: [foreign] })).rejects.toThrow('is not signed by');
      await expect(faultsOf(HONEST, { receipts: [receipt] })).rejects.toThrow('is not signed by');
    }
  });

  it('finds a receipt whose entry has got another token, or that is beyond the log', async () => {
    const receipt = { leafIndex: 2, leaf: issue(0, 1), checkpoint: checkpointOf(HONEST) };
    expect(await faultsOf(HONEST, { receipts: [receipt] })).toEqual([]);
    const other = HONEST.map((each) => each.replace(commitment(1), commitment(9)));
    expect(await faultsOf(other, { receipts: [receipt] })).toContainEqual(
      'leaf 2 is not the one of a receipt',
    );
    const beyond = { ...receipt, leafIndex: HONEST.length };
    expect(await faultsOf(HONEST, { receipts: [beyond] })).toEqual([
      `leaf ${HONEST.length} is not the one of a receipt`,
    ]);
  });

  it('refuses tiles that are truncated, wider than the log, or missing', async () => {
    const path = `tile/entries/000.p/${HONEST.length}`;
    const whole = encodeEntries(HONEST.map((each) => Buffer.from(each)));
    const wider = encodeEntries([...HONEST, HONEST[0] ?? ''].map((each) => Buffer.from(each)));
    for (const file of [whole.subarray(0, -1), wider, null])
      await expect(faultsOf(HONEST, { files: { [path]: file } })).rejects.toThrow(
        'Entry bundle 0 does not hold',
      );
  });

  it('finds nothing in an empty log, unless it has been longer', async () => {
    expect(await faultsOf([])).toEqual([]);
    expect(await faultsOf([], { seen: [checkpointOf(HONEST)] })).toEqual([
      `a checkpoint of ${HONEST.length} leaves was seen, and the log has 0`,
    ]);
  });
});
