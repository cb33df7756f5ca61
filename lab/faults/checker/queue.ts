import type { Admission, Evidence, Violation } from '../observed/evidence.ts';
import type { Operation } from '../observed/history.ts';

/** A waiter's poll is known to the queue after this at the latest: presence is flushed each second, snapshots four times a second. */
const HEARD_MS = 2500;
/** An admission is seen a little later than it happened. */
const CLOCKS_MS = 1000;

interface Visit {
  userId: number;
  seq: number;
  askedMs: number;
  answeredMs: number;
  checks: Operation[];
}

/** Never more are active than may be; a user answered before another asked is admitted no later; no entry is lost. */
export function checkQueue(evidence: Evidence): Violation[] {
  const visits = visitsOf(evidence.operations);
  return [
    ...overfull(evidence),
    ...inversions(visits, evidence),
    ...doubled(visits),
    ...lost(visits, evidence),
  ];
}

function overfull({ admissions, activeLimit, mostActive }: Evidence): Violation[] {
  const active = new Set<number>();
  for (const { seq, entered, atMs } of inOrder(admissions)) {
    if (entered) active.add(seq);
    else active.delete(seq);
    if (active.size > activeLimit)
      return [{ check: 'limit exceeded', atMs, what: `${active.size} active, limit ${activeLimit}` }];
  }
  return mostActive > activeLimit
    ? [{ check: 'limit exceeded', what: `${mostActive} seen active, limit ${activeLimit}` }]
    : [];
}

function inversions(visits: Visit[], { admissions, presenceTimeoutMs }: Evidence): Violation[] {
  const violations: Violation[] = [];
  const first = new Map<number, Admission>();
  for (const admission of inOrder(admissions))
    if (admission.entered && !first.has(admission.seq)) first.set(admission.seq, admission);
  const known = visits.filter(({ seq }) => first.has(seq)).sort((a, b) => a.askedMs - b.askedMs);
  for (const later of known) {
    const itsAdmission = first.get(later.seq);
    if (itsAdmission === undefined) continue;
    for (const earlier of known) {
      if (earlier.answeredMs >= later.askedMs || earlier === later) continue;
      if (earlier.seq > later.seq) {
        violations.push({
          check: 'order inversion',
          atMs: later.answeredMs,
          what: `user ${later.userId} asked after user ${earlier.userId} was answered, and got entry ${later.seq} before ${earlier.seq}`,
        });
        continue;
      }
      const admission = first.get(earlier.seq);
      if (admission === undefined || admission.order < itsAdmission.order) continue;
      if (isPresent(earlier, itsAdmission.atMs, presenceTimeoutMs))
        violations.push({
          check: 'order inversion',
          atMs: itsAdmission.atMs,
          what: `entry ${later.seq} was admitted before entry ${earlier.seq}, which was polling`,
        });
    }
  }
  return violations;
}

/** Asked again and again, and was heard: no longer ago than half of what counts as away. */
function isPresent({ checks, answeredMs }: Visit, atMs: number, presenceTimeoutMs: number): boolean {
  const heard = [answeredMs, ...checks.filter(({ outcome }) => outcome === 'ok').map(({ endMs }) => endMs)];
  return heard.some((endMs) => endMs < atMs - HEARD_MS && endMs > atMs - presenceTimeoutMs / 2);
}

function doubled(visits: Visit[]): Violation[] {
  const owner = new Map<number, Visit>();
  const violations: Violation[] = [];
  for (const visit of visits) {
    const other = owner.get(visit.seq);
    if (other !== undefined && other.userId !== visit.userId)
      violations.push({
        check: 'entry lost',
        atMs: visit.answeredMs,
        what: `entry ${visit.seq} is user ${other.userId}’s and user ${visit.userId}’s`,
      });
    owner.set(visit.seq, visit);
  }
  return violations;
}

/** A genuine token is never unknown, nor past before its time: that of its first admission, or its second idleness. */
function lost(visits: Visit[], { admissions, sessionMs, maxWaitMs }: Evidence): Violation[] {
  const entered = new Map<number, number>();
  const left = new Map<number, number>();
  for (const { seq, entered: isIn, atMs } of admissions) {
    if (isIn) entered.set(seq, Math.min(entered.get(seq) ?? Infinity, atMs));
    else left.set(seq, (left.get(seq) ?? 0) + 1);
  }
  return visits.flatMap(({ userId, seq, checks, answeredMs }): Violation[] => {
    const enteredMs = entered.get(seq);
    const mayExpireMs =
      (enteredMs === undefined ? answeredMs + maxWaitMs : enteredMs + sessionMs) - CLOCKS_MS;
    const wrong = checks.find(
      ({ answered, code, endMs }) =>
        code === '001' ||
        code === '401' ||
        (answered?.status === 'EXPIRED' && endMs < mayExpireMs && (left.get(seq) ?? 0) < 2),
    );
    return wrong
      ? [
          {
            check: 'entry lost',
            atMs: wrong.endMs,
            what: `user ${userId} with entry ${seq} got ${wrong.answered?.status ?? `${wrong.status} ${wrong.code ?? ''}`}`,
          },
        ]
      : [];
  });
}

function visitsOf(operations: Operation[]): Visit[] {
  const visits = new Map<number, Visit>();
  const firstMs = new Map<number, number>(); // its answer may be lost although the entry was made
  for (const { act, outcome, userId, answered, startMs, endMs } of operations) {
    if (act !== 'token') continue;
    const askedMs = Math.min(startMs, firstMs.get(userId) ?? Infinity);
    firstMs.set(userId, askedMs);
    if (outcome !== 'ok' || answered?.seq === undefined) continue;
    visits.set(userId, { userId, seq: answered.seq, askedMs, answeredMs: endMs, checks: [] });
  }
  for (const operation of operations)
    if (operation.act === 'check') visits.get(operation.userId)?.checks.push(operation);
  return [...visits.values()];
}

const inOrder = (admissions: Admission[]): Admission[] => [...admissions].sort((a, b) => a.order - b.order);
