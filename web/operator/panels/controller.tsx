import { h, type VNode } from 'preact';
import { queue } from '../live/state';
import { t } from '../texts';
import { Panel } from './parts';

/** Last action of the admission controller and its bottleneck, as text. */
export function Controller(): VNode {
  const { controller } = t.value;
  const now = queue.value;
  const decision = now?.decision;
  const isOverridden = now?.source === 'operator' && decision != null;
  return (
    <Panel name="controller" title={controller.title} ageMs={now?.ageMs}>
      {isOverridden ? <p class="soft">{controller.overridden}</p> : null}
      {decision == null ? (
        <p class="soft">{controller.none}</p>
      ) : (
        <p class="decision">
          <b>{controller.action[decision.action] ?? decision.action}</b>{' '}
          {controller.because[decision.bottleneck] ?? decision.bottleneck}
        </p>
      )}
    </Panel>
  );
}
