import { h, type Signal, type VNode } from '../kernel';
import { proofTexts } from './texts';

/** Steps in which a screen reader hears of it, percent. */
const STEP = 25;

/** Stands before the page while the device computes. @param share how likely it is to be done by now, 0 to 1 */
export function Working({ share, onCancel }: { share: Signal<number>; onCancel: () => void }): VNode {
  const { title, lead, progress, percent, cancel } = proofTexts.value;
  const done = Math.round(share.value * 100);
  return (
    <dialog
      ref={(dialog) => {
        if (dialog?.open === false) dialog.showModal();
      }}
      class="card"
      aria-labelledby="proof-title"
      onCancel={onCancel}
    >
      <h2 id="proof-title">{title}</h2>
      <p class="lead">{lead}</p>
      <progress max={100} value={done} aria-label={progress} />
      <p class="unseen" role="status">
        {percent(done - (done % STEP))}
      </p>
      <p class="actions">
        <button type="button" class="quiet" onClick={onCancel}>
          {cancel}
        </button>
      </p>
    </dialog>
  );
}
