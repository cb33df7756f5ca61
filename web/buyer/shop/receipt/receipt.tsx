import {
  claimsOf,
  formatCount,
  Fragment,
  h,
  keep,
  limited,
  place,
  readKept,
  useSignal,
  type VNode,
} from '../../kernel';
import { shopTexts } from '../texts';
import type { Bytes } from './bytes';
import { checkEntry, type Entry, type Receipt, type Verdict } from './check';

const NOT_FOUND = 404;
/** What this browser knows of the log's key: it must not change. */
const nameOfKey = (queueId: string): string => `concert.log-key.${queueId}`;

async function readFile(queueId: string, path: string): Promise<Bytes | undefined> {
  const url = `/v1/api/transparency/${encodeURIComponent(queueId)}/${path}`;
  const answer = await fetch(url, limited());
  if (answer.status === NOT_FOUND) return undefined;
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function check(entry: Entry): Promise<Verdict> {
  const name = nameOfKey(entry.queueId);
  const known = readKept(name) as string | undefined;
  const verdict = await checkEntry(entry, (path) => readFile(entry.queueId, path), known);
  if (verdict.kind === 'included') keep(name, verdict.receipt.key);
  return verdict;
}

/** Lets users verify that the public log has their place. Nothing is loaded before they want it. */
export function ReceiptOf(): VNode {
  const verdict = useSignal<Verdict | undefined>(undefined);
  const isBusy = useSignal(false);
  const entry = claimsOf(place.value?.token ?? '') as Entry | undefined;
  const press = async (): Promise<void> => {
    if (isBusy.value || entry === undefined) return;
    isBusy.value = true;
    verdict.value = await check(entry);
    isBusy.value = false;
  };
  const { receipt } = shopTexts.value;
  return (
    <section class="receipt">
      <button type="button" class="quiet" aria-disabled={isBusy.value} onClick={() => void press()}>
        {isBusy.value ? receipt.checking : receipt.check}
      </button>
      <div role="status" data-verdict={verdict.value?.kind}>
        {verdict.value === undefined ? null : <Outcome of={verdict.value} />}
      </div>
    </section>
  );
}

function Outcome({ of }: { of: Verdict }): VNode {
  const { receipt } = shopTexts.value;
  if (of.kind !== 'included') return <p>{receipt.verdicts[of.kind]}</p>;
  const { receipt: proof, checkpoint } = of;
  const facts: [string, string][] = [
    [receipt.queue, proof.queueId],
    [receipt.number, formatCount(proof.seq)],
    [receipt.leaf, formatCount(proof.leafIndex)],
    [receipt.size, formatCount(checkpoint.size)],
    [receipt.root, checkpoint.root],
    [receipt.signed, new Date(checkpoint.atMs).toISOString()],
  ];
  return (
    <Fragment>
      <p>{receipt.verdicts.included}</p>
      <dl class="left">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={() => download(proof)}>
        {receipt.download}
      </button>
    </Fragment>
  );
}

function download(receipt: Receipt): void {
  const text = `${JSON.stringify(receipt, null, 2)}\n`;
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `receipt-${receipt.queueId}-${receipt.seq}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
