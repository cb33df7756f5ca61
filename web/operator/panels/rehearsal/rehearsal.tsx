import { h, type VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { openDialog } from '../../acts/dialog-state';
import type { Rehearsal as Shown } from '../../api';
import { formatCount, formatMoment, formatPercent } from '../../format';
import { mayAct } from '../../session';
import { t } from '../../texts';
import { Figure, Panel } from '../parts';
import { loadRehearsals, rehearsals } from './state';

/** How often the newest rehearsal is read while it waits or runs. */
const LOOK_EVERY_MS = 5000;

/** The newest rehearsal: what was asked for, how far it is, and what it has shown. */
export function Rehearsal(): VNode {
  const { rehearsal: texts } = t.value;
  const [newest] = rehearsals.value ?? [];
  const isPending = newest?.state === 'WAITING' || newest?.state === 'RUNNING';
  useEffect(() => {
    if (!isPending) return undefined;
    const timer = setInterval(() => void loadRehearsals(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isPending]);
  return (
    <Panel name="rehearsal" title={texts.title}>
      {newest === undefined ? <p class="soft">{texts.none}</p> : <Newest shown={newest} />}
      <div class="buttons">
        {mayAct('admin') && !isPending ? (
          <button type="button" onClick={() => openDialog({ kind: 'rehearse' })}>
            {texts.ask}
          </button>
        ) : null}
        {mayAct('admin') && newest?.state === 'WAITING' ? (
          <button
            type="button"
            onClick={() => openDialog({ kind: 'unrehearse', rehearsalId: newest.rehearsalId })}
          >
            {texts.cancel}
          </button>
        ) : null}
        <button type="button" class="quiet" onClick={() => void loadRehearsals()}>
          {texts.refresh}
        </button>
      </div>
    </Panel>
  );
}

function Newest({ shown }: { shown: Shown }): VNode {
  const { rehearsal: texts } = t.value;
  const { state, rehearsalId, queueId, users, seats, requestedBy, requestedAt, endedAt, failure } = shown;
  const size = texts.size(formatCount(users), seats === null ? '–' : formatCount(seats), queueId);
  return (
    <div data-rehearsal={rehearsalId} data-state={state}>
      <p>
        <b>{texts.state[state]}</b> · {size} · {requestedBy ?? texts.commandLine},{' '}
        <time dateTime={endedAt ?? requestedAt}>{formatMoment(endedAt ?? requestedAt)}</time>
      </p>
      {state === 'WAITING' ? (
        <p class="soft small">
          {texts.runner} <code>npm run load -- rehearse --requests</code>
        </p>
      ) : null}
      {failure === null ? null : <p class="problem">{failure}</p>}
      <Outcome shown={shown} />
    </div>
  );
}

type Result = NonNullable<Shown['outcome']>;

function Outcome({ shown: { outcome, real } }: { shown: Shown }): VNode | null {
  const { rehearsal: texts } = t.value;
  if (outcome === null) return null;
  const { isKept, p99Ms, targetMs, failedShare, capacity, soldOutAfterSeconds } = outcome;
  const found = capacity && formatCount(capacity.users);
  return (
    <dl class="figures">
      <Figure
        id="objective"
        label={texts.objective}
        value={isKept ? texts.kept : texts.missed}
        tone={isKept ? 'good' : 'bad'}
        note={texts.p99(formatCount(p99Ms), formatCount(targetMs), formatPercent(failedShare))}
      />
      <Figure
        id="capacity"
        label={texts.capacity}
        value={found ?? '–'}
        note={capacity === null || capacity.isLimit ? texts.activeUsers : texts.atLeast}
      />
      {real === null ? (
        <Figure
          id="sold-out"
          label={texts.soldOut}
          value={
            soldOutAfterSeconds === null ? texts.notSoldOut : texts.minute(minuteOf(soldOutAfterSeconds))
          }
        />
      ) : (
        <Forecast real={real} outcome={outcome} />
      )}
    </dl>
  );
}

/** When the real sale will be sold out, and between which minutes nine of ten simulated ones were. */
function Forecast({ real, outcome }: { real: NonNullable<Shown['real']>; outcome: Result }): VNode {
  const { rehearsal: texts } = t.value;
  const { realSoldOutAfterSeconds: after, realSoldOutRange: range } = outcome;
  const size = texts.realSize(formatCount(real.seats), formatCount(real.buyers));
  return (
    <Figure
      id="sold-out"
      label={texts.realSoldOut}
      value={after === null ? texts.noForecast : texts.minute(minuteOf(after))}
      note={range === null ? size : `${size}. ${rangeText(range)}`}
    />
  );
}

function rangeText({ fromSeconds, toSeconds }: NonNullable<Result['realSoldOutRange']>): string {
  const { rehearsal: texts } = t.value;
  const from = minuteOf(fromSeconds);
  return toSeconds === null ? texts.rangeOpen(from) : texts.range(from, minuteOf(toSeconds));
}

/** The first minute is 1. */
const minuteOf = (seconds: number): number => Math.floor(seconds / 60) + 1;
