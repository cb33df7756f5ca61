import { h, type VNode } from 'preact';
import { formatMoment } from '../format';
import { t } from '../texts';
import { entries, hasFailed, loadAudit } from './audit-state';
import { Panel, Scroller } from './parts';

/** What operators did, newest first. */
export function Audit(): VNode {
  const { audit: texts } = t.value;
  const all = entries.value ?? [];
  const oldest = all.at(-1)?.id;
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
            {all.map(({ id, at, actor, act, subject, reason, before, after }) => (
              <tr key={id} data-act={act}>
                <td>{formatMoment(at)}</td>
                <td>{actor}</td>
                <td>
                  {act} <span class="soft">{subject}</span>
                </td>
                <td>{reason ?? '–'}</td>
                <td class="states">
                  {shown(before)} → {shown(after)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
      {oldest !== undefined && all.length % 100 === 0 ? (
        <button type="button" class="quiet" onClick={() => void loadAudit(oldest)}>
          {texts.more}
        </button>
      ) : null}
    </Panel>
  );
}

/** `limit 200, paused no`: a state in few words. */
function shown(state: unknown): string {
  if (state === null || state === undefined) return '–';
  if (typeof state !== 'object') return JSON.stringify(state);
  return Object.entries(state)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
