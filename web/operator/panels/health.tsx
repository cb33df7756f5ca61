import { h, type VNode } from 'preact';
import type { LiveReport } from '../api';
import { formatCount, formatNumber, formatPercent, formatSpan } from '../format';
import { report } from '../live/state';
import { t } from '../texts';
import { Figure, Panel, type Tone } from './parts';

/** Waits that are short enough for the objective, as a share of it. */
const NEAR = 0.5;
const BACKLOG_SECONDS = 10;
const CHECK_SECONDS = 60;

/** Health of all processes and stores. */
export function Health(): VNode {
  const now = report.value;
  const { health } = t.value;
  if (now === undefined)
    return (
      <Panel name="health" title={health.title}>
        {null}
      </Panel>
    );
  return (
    <Panel name="health" title={health.title} ageMs={now.fleet.ageMs}>
      <dl class="figures">
        <Load fleet={now.fleet} />
        <Background fleet={now.fleet} />
        <Stores stores={now.stores} />
      </dl>
    </Panel>
  );
}

const toneOf = (share: number): Tone => {
  if (share >= 1) return 'bad';
  return share >= NEAR ? 'warn' : 'good';
};

function Load({ fleet }: { fleet: LiveReport['fleet'] }): VNode[] {
  const { health } = t.value;
  const { p99Ms, targetP99Ms, requestsPerSecond, failedPerSecond, shedPerSecond, poolBusy } = fleet;
  const { poolWaitMs, loopDelayMs } = fleet;
  return [
    <Figure
      key="p99"
      id="p99"
      label={health.p99}
      value={p99Ms === null ? '–' : `${formatNumber(p99Ms)} ms`}
      note={p99Ms === null ? health.noRequests : health.objective(formatNumber(targetP99Ms))}
      tone={p99Ms === null ? 'plain' : toneOf(p99Ms / targetP99Ms)}
    />,
    <Figure
      key="requests"
      label={health.requests}
      value={formatNumber(requestsPerSecond)}
      note={health.failed(formatNumber(failedPerSecond))}
      tone={failedPerSecond > 0 ? 'warn' : 'good'}
    />,
    <Figure
      key="shed"
      id="shed"
      label={health.shed}
      value={formatNumber(shedPerSecond)}
      note={health.shedHint}
      tone={shedPerSecond > 0 ? 'bad' : 'good'}
    />,
    <Figure
      key="pool"
      label={health.pool}
      value={formatPercent(poolBusy)}
      note={health.poolHint(formatNumber(poolWaitMs))}
      tone={toneOf(poolWaitMs / targetP99Ms)}
    />,
    <Figure
      key="loop"
      label={health.loop}
      value={`${formatNumber(loopDelayMs)} ms`}
      note={health.loopHint}
      tone={toneOf(loopDelayMs / targetP99Ms)}
    />,
  ];
}

function Background({ fleet }: { fleet: LiveReport['fleet'] }): VNode[] {
  const { health } = t.value;
  const { outbox, invariants, breakers, processes } = fleet;
  const unhealthy = breakers.filter(({ open, halfOpen }) => open + halfOpen > 0);
  const brokenNames = invariants?.broken.map(({ invariant }) => invariant).join(', ') ?? '';
  const isLate = (invariants?.checkedSecondsAgo ?? 0) > CHECK_SECONDS;
  return [
    ...(unhealthy.length > 0 ? unhealthy : breakers.slice(0, 1)).map(({ name, open, halfOpen }) => (
      <Figure
        key={name}
        id={name}
        label={health.breakers}
        value={open + halfOpen > 0 ? name : health.closed}
        note={open + halfOpen > 0 ? health.notClosed(open, halfOpen) : health.ofProcesses(processes.length)}
        tone={open + halfOpen > 0 ? 'bad' : 'good'}
      />
    )),
    <Figure
      key="outbox"
      label={health.outbox}
      value={outbox === null ? '–' : formatCount(outbox.backlog)}
      note={
        outbox === null || outbox.backlog === 0
          ? undefined
          : health.outboxHint(formatSpan(outbox.oldestSeconds * 1000))
      }
      tone={outbox === null ? 'plain' : outbox.oldestSeconds > BACKLOG_SECONDS ? 'warn' : 'good'}
    />,
    <Figure
      key="invariants"
      id="invariants"
      label={health.invariants}
      value={
        invariants === null
          ? health.notChecked
          : brokenNames === ''
            ? health.kept
            : health.broken(brokenNames)
      }
      note={invariants === null ? undefined : health.checked(formatSpan(invariants.checkedSecondsAgo * 1000))}
      tone={invariants === null ? 'plain' : brokenNames !== '' ? 'bad' : isLate ? 'warn' : 'good'}
    />,
  ];
}

function Stores({ stores }: { stores: LiveReport['stores'] }): VNode[] {
  const { health } = t.value;
  const all = [
    ['MariaDB', stores.database],
    ['Redis', stores.redis],
    ['Kafka', stores.kafka],
  ] as const;
  return all.map(([name, { status, ms }]) => (
    <Figure
      key={name}
      id={name}
      label={name}
      value={stores.ageMs < 0 ? '–' : health[status]}
      note={ms === undefined || status !== 'up' ? undefined : `${formatNumber(ms)} ms`}
      tone={stores.ageMs < 0 || status === 'off' ? 'plain' : status === 'up' ? 'good' : 'bad'}
    />
  ));
}
