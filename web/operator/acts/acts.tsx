import { h, type VNode } from 'preact';
import { Panel } from '../panels/parts';
import { queue } from '../live/state';
import { mayAct } from '../session';
import { t } from '../texts';
import { Dialog } from './dialog';
import { openDialog } from './dialog-state';
import { isSending, outcome, perform } from './state';

const ORDINARY = ['limit', 'rate', 'auto', 'message'] as const;

/** Everything that can be done to the queue. Pausing takes one press; all else asks for a reason first. */
export function Acts(): VNode {
  const { acts } = t.value;
  const may = mayAct('operator');
  return (
    <Panel name="acts" title={acts.title}>
      {may ? <PauseButton /> : <p class="soft">{acts.readOnly}</p>}
      <div class="buttons">
        {ORDINARY.map((kind) => (
          <button key={kind} type="button" disabled={!may} onClick={() => openDialog({ kind })}>
            {acts[kind]}
          </button>
        ))}
      </div>
      <p class={outcome.value?.isGood === false ? 'outcome bad' : 'outcome'} data-outcome>
        {isSending.value ? acts.sending : (outcome.value?.text ?? '\u00a0')}
      </p>
      <Dialog />
    </Panel>
  );
}

function PauseButton(): VNode | null {
  const { acts } = t.value;
  const now = queue.value;
  if (now === undefined) return null;
  const { paused } = now;
  const press = (): void => {
    if (isSending.peek()) return;
    // Whatever another operator has just set: to stop comes first.
    const reason = paused ? acts.resumeReason : acts.pauseReason;
    const command = paused ? 'resume' : 'pause';
    void perform({ kind: 'admission', queue: now, command, reason }, paused ? acts.resume : acts.pause);
  };
  return (
    <button type="button" class={paused ? 'primary resume' : 'primary pause'} onClick={press}>
      {paused ? acts.resume : acts.pause}
    </button>
  );
}
