import { h, type VNode } from 'preact';
import type { LiveQueue } from '../api';
import { formatCount, formatNumber, formatSpan } from '../format';
import { queue } from '../live/state';
import { t } from '../texts';
import { Figure, Panel } from './parts';

/** The line in one look. */
export function QueueFigures(): VNode {
  const now = queue.value;
  const texts = t.value;
  if (now === undefined)
    return (
      <Panel name="queue" title={texts.queue.choose}>
        {null}
      </Panel>
    );
  const { waiting, absent, active, activeLimit, admissionsPerSecond, admissionRateLimit } = now;
  return (
    <Panel name="queue" title={now.queueId} ageMs={now.ageMs}>
      <p class={`state ${now.state.toLowerCase()}`} data-state={now.state}>
        <b>{texts.state[now.state] ?? now.state}</b> <span>{texts.queue.source[now.source]}</span>
      </p>
      <dl class="figures big">
        <Figure
          id="waiting"
          label={texts.queue.waiting}
          value={formatCount(waiting)}
          note={texts.queue.absent(formatCount(absent))}
        />
        <Figure
          id="active"
          label={texts.queue.active}
          value={formatCount(active)}
          note={texts.queue.ofLimit(formatCount(activeLimit))}
        />
        <Figure
          id="admissions"
          label={texts.queue.admissions}
          value={formatNumber(admissionsPerSecond)}
          note={
            admissionRateLimit === null
              ? texts.queue.noRateLimit
              : texts.queue.rateLimit(formatNumber(admissionRateLimit))
          }
        />
        <Figure id="eta" label={texts.queue.eta} value={etaOf(now)} note={bandOf(now)} />
      </dl>
      <progress
        class="fill"
        max={Math.max(1, activeLimit)}
        value={Math.min(active, activeLimit)}
        aria-label={`${texts.queue.active}: ${formatCount(active)} ${texts.queue.ofLimit(formatCount(activeLimit))}`}
      />
    </Panel>
  );
}

const etaOf = ({ lastEtaSeconds }: LiveQueue): string =>
  lastEtaSeconds === null ? '–' : formatSpan(lastEtaSeconds * 1000);

function bandOf({ etaBand, lastEtaSeconds }: LiveQueue): string {
  const { nobody, noBand, band } = t.value.queue;
  if (lastEtaSeconds === null) return nobody;
  const times = (factor: number): string => `${formatNumber(factor)}×`;
  return etaBand === null ? noBand : band(times(etaBand.low), times(etaBand.high));
}
