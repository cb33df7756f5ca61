import { actedAgain } from './checker/events.ts';
import { freedLate, LATE_MS } from './checker/holds.ts';
import type { Check, Evidence, PhaseRecord, Violation } from './observed/evidence.ts';
import { recoveryMs, within } from './report.ts';

/** Something to be reached, and whether it was. `not tried`: no nemesis of this run tries it. */
export interface Target {
  what: string;
  target: string;
  measured: string;
  verdict: 'reached' | 'missed' | 'not tried';
}

const MARIADB_AWAY = ['kill-mariadb', 'restart-mariadb', 'mariadb-batch'];
const KAFKA_AWAY = ['kill-kafka', 'restart-kafka', 'pause-kafka'];
const REDIS_LOST = ['redis-flush', 'redis-empty', 'kill-redis'];
const GRACEFUL = ['restart-api', 'restart-worker'];
const RECOVERED_MS = 5000;
const SALES_SHARE = 0.9999;
const SHARE = 0.999;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** Targets of time, measured on this run. */
export function targetsOf(evidence: Evidence, violations: Violation[]): Target[] {
  const none = (what: string, ...checks: Check[]): Target => {
    const found = violations.filter(({ check }) => checks.includes(check)).length;
    return { what, target: '0', measured: String(found), verdict: found === 0 ? 'reached' : 'missed' };
  };
  const reserves = evidence.operations.filter(({ act }) => act === 'reserve').length;
  return [
    none(`double sales in ${reserves} reserve attempts`, 'double sale'),
    none('ledger drift', 'ledger drift', 'key acted twice'),
    none('lost 2xx', 'lost 2xx'),
    none('PROGRESS above the admission limit', 'limit exceeded'),
    none('order inversions', 'order inversion'),
    none('entries lost', 'entry lost'),
    none('events lost, or acted upon though never sent', 'event lost', 'phantom event'),
    actOnce(evidence),
    holdsFree(evidence),
    mariadbAnswers(evidence),
    mariadbRecovers(evidence),
    redisLost(evidence, violations),
    kafkaAway(evidence),
    graceful(evidence),
  ];
}

function actOnce(evidence: Evidence): Target {
  const again = actedAgain(evidence).length;
  return {
    what: 'events acted upon again, no fault of a worker or of MariaDB being near',
    target: '0',
    measured: `${again} of ${evidence.calls.length} calls`,
    verdict: again === 0 ? 'reached' : 'missed',
  };
}

function holdsFree(evidence: Evidence): Target {
  const what = 'a hold is free after its end, p99.9';
  const late = freedLate(evidence)
    .map(({ lateMs }) => lateMs)
    .sort((a, b) => a - b);
  if (late.length === 0) return { what, target: '≤ 1 s', measured: '–', verdict: 'not tried' };
  const at = late[Math.min(late.length - 1, Math.floor(late.length * SHARE))] ?? 0;
  return {
    what,
    target: '≤ 1 s',
    measured: `${seconds(at)} of ${late.length} holds`,
    verdict: at <= LATE_MS ? 'reached' : 'missed',
  };
}

function phasesOf({ phases }: Evidence, names: string[]): PhaseRecord[] {
  return phases.filter(({ name, faults }) => names.includes(name) && faults.length > 0);
}

function mariadbAnswers(evidence: Evidence): Target {
  const what = 'MariaDB away: server errors other than 503 with Retry-After';
  const phases = phasesOf(evidence, MARIADB_AWAY);
  if (phases.length === 0) return { what, target: '0', measured: '–', verdict: 'not tried' };
  const wrong = phases
    .flatMap((phase) => within(evidence, phase))
    .filter(
      ({ outcome, status, hasRetryAfter }) =>
        outcome === 'unknown' && !(status === 503 && hasRetryAfter === true),
    );
  return {
    what,
    target: '0',
    measured: String(wrong.length),
    verdict: wrong.length === 0 ? 'reached' : 'missed',
  };
}

function mariadbRecovers(evidence: Evidence): Target {
  return recovers('MariaDB back: all is served again', evidence, MARIADB_AWAY);
}

function recovers(what: string, evidence: Evidence, names: string[]): Target {
  const times = phasesOf(evidence, names).flatMap(({ faults, toMs }) =>
    faults.map(({ untilMs }, i) => recoveryMs(evidence, untilMs, faults[i + 1]?.fromMs ?? toMs)),
  );
  if (times.length === 0) return { what, target: '≤ 5 s', measured: '–', verdict: 'not tried' };
  const longest = times.reduce((a, b) => Math.max(a, b));
  return {
    what,
    target: '≤ 5 s',
    measured: `${seconds(longest)} at most, of ${times.length}`,
    verdict: longest <= RECOVERED_MS ? 'reached' : 'missed',
  };
}

function redisLost(evidence: Evidence, violations: Violation[]): Target {
  const target = recovers('Redis lost: entries kept, and tokens are given again', evidence, REDIS_LOST);
  const lost = phasesOf(evidence, REDIS_LOST).some(({ fromMs, toMs }) =>
    violations.some(({ check, atMs = -1 }) => check === 'entry lost' && atMs >= fromMs && atMs < toMs),
  );
  return lost ? { ...target, verdict: 'missed' } : target;
}

function kafkaAway(evidence: Evidence): Target {
  const what = 'Kafka away (shortened): share of holds and sales that go on';
  const sales = phasesOf(evidence, KAFKA_AWAY)
    .flatMap((phase) => within(evidence, phase))
    .filter(({ act }) => act === 'reserve' || act === 'pay' || act === 'charge');
  if (sales.length === 0) return { what, target: '≥ 99.99 %', measured: '–', verdict: 'not tried' };
  const served = sales.filter(({ outcome }) => outcome !== 'unknown').length / sales.length;
  return {
    what,
    target: '≥ 99.99 %',
    measured: `${(served * 100).toFixed(2)} % of ${sales.length}`,
    verdict: served >= SALES_SHARE ? 'reached' : 'missed',
  };
}

function graceful(evidence: Evidence): Target {
  const what = 'graceful shutdown: failed requests';
  const asked = phasesOf(evidence, GRACEFUL).flatMap((phase) => within(evidence, phase));
  if (asked.length === 0) return { what, target: '0', measured: '–', verdict: 'not tried' };
  const failed = asked.filter(({ outcome }) => outcome === 'unknown').length;
  return {
    what,
    target: '0',
    measured: `${failed} of ${asked.length}`,
    verdict: failed === 0 ? 'reached' : 'missed',
  };
}
