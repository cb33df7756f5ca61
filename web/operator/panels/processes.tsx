import { h, type VNode } from 'preact';
import { formatCount, formatNumber, formatSpan } from '../format';
import { report } from '../live/state';
import { t } from '../texts';
import { Panel, Scroller } from './parts';

/** Each process by itself. */
export function Processes(): VNode {
  const { processes: texts, health } = t.value;
  const now = report.value;
  const shown = (value: number | null): string => (value === null ? '–' : formatNumber(value));
  return (
    <Panel name="processes" title={texts.title} ageMs={now?.fleet.ageMs}>
      <p class="soft">{texts.note}</p>
      <Scroller label={texts.title}>
        <table>
          <thead>
            <tr>
              {[texts.name, texts.role, texts.up, texts.p99, texts.requests, texts.shed].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              <th scope="col">{texts.pool}</th>
              <th scope="col">{texts.loop}</th>
              <th scope="col">{texts.breakers}</th>
            </tr>
          </thead>
          <tbody>
            {now?.fleet.processes.map((one) => (
              <tr key={one.id}>
                <th scope="row">
                  {one.id}
                  {one.id === now.process ? <span class="badge">{texts.you}</span> : null}
                </th>
                <td>{one.role}</td>
                <td>{formatSpan(one.upSeconds * 1000)}</td>
                <td>{shown(one.p99Ms)}</td>
                <td>{shown(one.requestsPerSecond)}</td>
                <td>{formatNumber(one.shedPerSecond)}</td>
                <td>
                  {formatCount(one.pool.inUse)} / {formatCount(one.pool.max)}
                </td>
                <td>{shown(one.loopDelayMs)}</td>
                <td>{breakersOf(one.breakers, health.closed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
    </Panel>
  );
}

function breakersOf(breakers: Record<string, string>, closed: string): string {
  const others = Object.entries(breakers).filter(([, state]) => state !== 'closed');
  return others.length === 0 ? closed : others.map(([name, state]) => `${name} ${state}`).join(', ');
}
