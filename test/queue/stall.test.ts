import { type Decision, decide, type Memory, newMemory } from '../../src/modules/queue/controller';
import { observe, type Signals, silence } from '../../src/modules/queue/signals';

const LIMITS = { sloMs: 200, least: 30, most: 1000 };
const VISIT_SECONDS = 8;
/** So many would be too many. */
const CAPACITY = 1500;
const STALLS_AT = 100;
/** Back to normal within so many seconds. */
const BACK = 5;

/** A second in which each of those inside asked every two seconds. */
function served(inside: number, msAlone = 8): Signals {
  const signals = silence();
  const load = Math.min(0.99, inside / CAPACITY);
  const requests = Math.round(inside / 2);
  for (let i = 0; i < requests; i++) observe(signals, msAlone / (1 - load / 2), false, i % 2 === 0);
  return { ...signals, poolBusy: load / 2 };
}

/** A second in which a few are answered, late or not at all. */
function stalled(): Signals {
  const signals = silence();
  for (let i = 0; i < 200; i++) observe(signals, 2500, i % 2 === 0, true);
  return { ...signals, poolWaitMs: 1000 };
}

/** What is seen in the stall's seconds. */
const STALLS: Record<string, (second: number) => Signals | undefined> = {
  'late answers and failures': stalled,
  'no answers at all': silence,
  'an open breaker from the second second on': (second) => ({ ...stalled(), broken: second > 0 }),
  'a breaker that is open, and no answers': () => ({ ...silence(), broken: true }),
  'no reports, as Redis is away': () => undefined,
};

/** Caps of each second: a crowd waits all the time, the backend stalls once, and what was stuck then ends late. */
function run(stall: (second: number) => Signals | undefined, seconds: number): Decision[] {
  let memory: Memory = newMemory(LIMITS);
  let inside = 0;
  let admitted = 0;
  const decisions: Decision[] = [];
  for (let second = 0; second < STALLS_AT + seconds + 20; second++) {
    const since = second - STALLS_AT;
    const isStalled = since >= 0 && since < seconds;
    const seen = isStalled ? stall(since) : since === seconds ? stalled() : served(inside);
    const decision = decide(memory, seen, { waiting: 1e6, inside, quiet: 0, admitted }, LIMITS);
    if (!isStalled) inside -= inside / VISIT_SECONDS;
    admitted = Math.max(0, Math.min(decision.cap - inside, decision.rate));
    inside += admitted;
    memory = decision.memory;
    decisions.push(decision);
  }
  return decisions;
}

describe('the controller after a stall of the backend', () => {
  it.each(
    Object.keys(STALLS).flatMap((what) =>
      [1, 2, 3, 5, 10].map((seconds): [string, number] => [what, seconds]),
    ),
  )('lets in as many as before within 5 s: %s for %d s', (what, seconds) => {
    const decisions = run(STALLS[what] ?? silence, seconds);
    const before = decisions[STALLS_AT - 1];
    const after = decisions[STALLS_AT + seconds + BACK];
    expect(before?.cap).toBe(1000);
    expect(after?.cap).toBe(1000);
    expect(after?.memory.visit).toBeLessThan(1.5 * (before?.memory.visit ?? 0));
    expect(after?.memory.calmMs).toBeLessThan(1.1 * (before?.memory.calmMs ?? 0));
    for (const { move } of decisions.slice(STALLS_AT + seconds + BACK))
      expect(['grow', 'hold']).toContain(move);
  });

  /** A breach that comes out of calm, and the decisions that follow it, when so many are still inside. */
  function breached(lively: number, seconds: Signals[], more: Partial<Memory> = {}): Decision {
    const calm = run(silence, 0)[STALLS_AT - 1]?.memory ?? newMemory(LIMITS);
    const house = { waiting: 1e6, inside: 1000, quiet: 0, admitted: 100 };
    let last = decide({ ...calm, ...more }, stalled(), house, LIMITS);
    for (const signals of seconds)
      last = decide(last.memory, signals, { ...house, inside: lively, admitted: 0 }, LIMITS);
    return last;
  }
  const calmSecond = served(500);

  it('needs two calm seconds to take back what it has cut', () => {
    expect(breached(900, [calmSecond]).cap).toBe(800);
    expect(breached(900, [calmSecond, calmSecond]).cap).toBe(1000);
    expect(breached(900, [calmSecond, stalled(), calmSecond]).cap).toBe(800);
  });

  it('takes nothing back when those have left who may have caused the breach', () => {
    expect(breached(500, [calmSecond, calmSecond]).cap).toBe(1000);
    expect(breached(499, [calmSecond, calmSecond]).cap).toBe(800);
  });

  it('takes back at most once a minute: what comes again is no stall', () => {
    const turn = 101; // of the breach, by the memory
    expect(breached(900, [calmSecond, calmSecond], { undoneAt: turn + 2 - 60 }).cap).toBe(1000);
    expect(breached(900, [calmSecond, calmSecond], { undoneAt: turn + 2 - 59 }).cap).toBe(800);
  });
});
