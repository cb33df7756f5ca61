import { type ComponentChildren, h, type VNode } from 'preact';
import { formatSpan } from '../format';
import { ageOf, STALE_MS } from '../live/state';
import { t } from '../texts';

/** A part of the page. What is old is greyed, and says how old it is. */
export function Panel({
  name,
  title,
  ageMs,
  staleAfterMs = STALE_MS,
  children,
}: {
  name: string;
  title: string;
  /** Of what it shows, when it was reported; undefined: it has no age. */
  ageMs?: number | undefined;
  staleAfterMs?: number;
  children: ComponentChildren;
}): VNode {
  const age = ageMs === undefined ? 0 : ageOf(ageMs);
  const isStale = age !== undefined && age > staleAfterMs;
  return (
    <section class={`card ${name}`} data-panel={name} data-stale={isStale} aria-labelledby={`${name}-title`}>
      <div class="head">
        <h2 id={`${name}-title`}>{title}</h2>
        {isStale ? <p class="age">{t.value.stale(formatSpan(age))}</p> : null}
      </div>
      {children}
    </section>
  );
}

export type Tone = 'good' | 'bad' | 'warn' | 'plain';

const MARKS: Record<Tone, string> = { good: '✓', bad: '✕', warn: '!', plain: '' };

/** A figure with its name and what it is to be compared with. Mark and text show its state, not by colour alone. */
export function Figure({
  label,
  value,
  note,
  tone = 'plain',
  id,
}: {
  label: string;
  value: string;
  note?: string | undefined;
  tone?: Tone;
  id?: string;
}): VNode {
  const { ok, bad } = t.value.health;
  return (
    <div class={`figure ${tone}`} data-figure={id}>
      <dt>{label}</dt>
      <dd>
        <span class="value">{value}</span>
        {tone === 'plain' ? null : (
          <span class="mark" role="img" aria-label={tone === 'good' ? ok : bad}>
            {MARKS[tone]}
          </span>
        )}
        <span class="note">{note ?? '\u00a0'}</span>
      </dd>
    </div>
  );
}

/** A table that scrolls by itself where the page is narrow; it can be reached by keyboard for that. */
export function Scroller({ label, children }: { label: string; children: ComponentChildren }): VNode {
  return (
    <div class="scroller" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
