import { h, type VNode } from 'preact';
import { useState } from 'preact/hooks';
import { formatMoment } from '../format';
import { t } from '../texts';
import { entries, hasFailed, loadAudit } from './audit-state';
import { Panel, Scroller } from './parts';

/** Shown at first, and read at once. */
const FIRST = 10;
const PAGE = 100;

/** Acts of operators, newest first. */
export function Audit(): VNode {
  const { audit: texts } = t.value;
  const all = entries.value ?? [];
  const [isLong, setLong] = useState(false);
  const oldest = all.at(-1)?.id;
  const more = (): void => {
    if (isLong) void loadAudit(oldest);
    setLong(true);
  };
  return (
    <Panel name="audit" title={texts.title}>
      {hasFailed.value ? (
        <p class="problem" role="alert">
          {texts.failed}
        </p>
      ) : null}
      {all.length === 0 ? <p class="soft">{texts.none}</p> : null}
      <Scroller label={texts.title}>
        <table class="wide">
          <thead>
            <tr>
              {[texts.when, texts.who, texts.what, texts.why, texts.change].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {all
              .slice(0, isLong ? undefined : FIRST)
              .map(({ id, at, actor, act, subject, reason, before, after }) => (
                <tr key={id} data-act={act}>
                  <td>{formatMoment(at)}</td>
                  <td>{actor}</td>
                  <td>
                    {act} <span class="soft">{subject}</span>
                  </td>
                  <td>{reason ?? '–'}</td>
                  <td class="states">{changeOf(before, after)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </Scroller>
      {oldest !== undefined && (!isLong || all.length % PAGE === 0) && all.length > FIRST ? (
        <button type="button" class="quiet" onClick={more}>
          {texts.more}
        </button>
      ) : null}
    </Panel>
  );
}

const isState = (state: unknown): state is Record<string, unknown> =>
  typeof state === 'object' && state !== null && !Array.isArray(state);

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Short text of a change: `limit – → 200`. Equal values are left out. */
function changeOf(before: unknown, after: unknown): string {
  if (!isState(after)) return `${shown(before ?? null)} → ${shown(after ?? null)}`.replaceAll('null', '–');
  const was = isState(before) ? before : {};
  const changes = Object.entries(after).filter(
    ([name, value]) => JSON.stringify(was[name] ?? null) !== JSON.stringify(value ?? null),
  );
  return changes
    .map(([name, value]) =>
      was[name] === undefined || was[name] === null
        ? `${name} ${shown(value)}`
        : `${name} ${shown(was[name])} → ${shown(value ?? '–')}`,
    )
    .join(', ');
}
