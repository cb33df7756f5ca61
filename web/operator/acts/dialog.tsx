import { useSignal } from '@preact/signals';
import { Fragment, h, type VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { queue } from '../live/state';
import { etagOf } from '../panels/dates-state';
import { t } from '../texts';
import { MOST_TEXT, type Question, question } from './dialog-state';
import { MessageFields } from './message-fields';
import { RehearsalFields, readRehearsal } from './rehearsal-form';
import type { Act } from './send';
import { isSending, outcome, perform } from './state';

const UNREAD = Promise.resolve(undefined);

export function Dialog(): VNode | null {
  const now = question.value;
  return now === undefined ? null : <Asked key={JSON.stringify(now)} asked={now} />;
}

/** One act with all that it needs. The native dialog keeps the focus inside and gives it back. */
function Asked({ asked }: { asked: Question }): VNode {
  const box = useRef<HTMLDialogElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const problem = useSignal('');
  // What is decided on is what was seen when the dialog opened, until a conflict has shown what it is now.
  const seen = useSignal(queue.peek());
  const etag = useRef<Promise<string | undefined>>(UNREAD);
  const { acts } = t.value;
  const readEtag = (): void => {
    if (asked.kind === 'sale') etag.current = etagOf(asked.date.scheduleId);
  };
  useEffect(() => {
    box.current?.showModal();
    readEtag();
  }, []);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (form.current === null || isSending.peek()) return;
    const read = readForm(asked, new FormData(form.current), { queue: seen.peek(), etag: etag.current });
    if (typeof read === 'string') {
      problem.value = read;
      return;
    }
    problem.value = '';
    if (await perform(read, titleOf(asked))) {
      box.current?.close();
      return;
    }
    problem.value = outcome.peek()?.text ?? '';
    seen.value = queue.peek();
    readEtag();
  };
  return (
    <dialog ref={box} aria-labelledby="asked" onClose={() => (question.value = undefined)}>
      <form ref={form} onSubmit={(event) => void submit(event)}>
        <h2 id="asked">{titleOf(asked)}</h2>
        <Fields asked={asked} />
        <label for="reason">{acts.reason}</label>
        <input
          id="reason"
          name="reason"
          maxLength={MOST_TEXT}
          autocomplete="off"
          aria-describedby="reason-hint"
        />
        <p id="reason-hint" class="soft small">
          {acts.reasonHint}
        </p>
        <p class="problem" role="alert">
          {problem.value}
        </p>
        <div class="buttons">
          <button type="button" onClick={() => box.current?.close()}>
            {acts.back}
          </button>
          <button class={asked.kind === 'cancel' ? 'primary danger' : 'primary'} type="submit">
            {isSending.value ? acts.sending : acts.go}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function titleOf(asked: Question): string {
  const { acts } = t.value;
  switch (asked.kind) {
    case 'sale':
      return `${asked.sale === 'OPEN' ? acts.openSale : acts.closeSale}: ${asked.date.title}`;
    case 'cancel':
      return `${acts.cancel}: ${asked.date.title}`;
    case 'rehearse':
      return t.value.rehearsal.ask;
    case 'unrehearse':
      return t.value.rehearsal.cancel;
    case 'limit':
    case 'rate':
    case 'auto':
    case 'message':
      return acts[asked.kind];
  }
}

function Fields({ asked }: { asked: Question }): VNode | null {
  const { acts } = t.value;
  const now = queue.peek();
  switch (asked.kind) {
    case 'limit':
      return <NumberField label={acts.limitLabel} value={now?.activeLimit} />;
    case 'rate':
      return <NumberField label={acts.rateLabel} value={now?.override.rate ?? undefined} />;
    case 'message':
      return <MessageFields notice={now?.notice ?? null} />;
    case 'cancel':
      return (
        <Fragment>
          <label for="name">{acts.typeName(asked.date.title)}</label>
          <input id="name" name="name" autocomplete="off" />
        </Fragment>
      );
    case 'rehearse':
      return <RehearsalFields />;
    case 'auto':
    case 'sale':
    case 'unrehearse':
      return null;
  }
}

function NumberField({ label, value }: { label: string; value: number | undefined }): VNode {
  return (
    <Fragment>
      <label for="value">{label}</label>
      <input
        id="value"
        name="value"
        inputMode="numeric"
        autocomplete="off"
        defaultValue={value?.toString() ?? ''}
      />
    </Fragment>
  );
}

interface Seen {
  queue: ReturnType<typeof queue.peek>;
  etag: Promise<string | undefined>;
}

/** The act that the form describes, or what is wrong with it. */
function readForm(asked: Question, data: FormData, seen: Seen): Act | string {
  const { acts } = t.peek();
  const text = (name: string): string => {
    const value = data.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const reason = text('reason');
  if (asked.kind === 'cancel' && text('name') !== asked.date.title.trim()) return acts.nameWrong;
  const isNumber = asked.kind === 'limit' || asked.kind === 'rate';
  if (isNumber && !/^[1-9]\d{0,8}$/.test(text('value'))) return acts.numberWrong;
  const hasMessage = data.has('none') || (text('ko') !== '' && text('en') !== '');
  if (asked.kind === 'message' && !hasMessage) return acts.bothLanguages;
  if (reason === '') return acts.reasonMissing;
  if (asked.kind === 'unrehearse') return { kind: 'unrehearse', rehearsalId: asked.rehearsalId, reason };
  if (asked.kind === 'rehearse') {
    const wanted = readRehearsal(text);
    return typeof wanted === 'string' ? wanted : { kind: 'rehearse', wanted, reason };
  }
  if (asked.kind === 'cancel') return { kind: 'cancel', scheduleId: asked.date.scheduleId, reason };
  if (asked.kind === 'sale') {
    const { date, sale } = asked;
    return { kind: 'sale', scheduleId: date.scheduleId, etag: seen.etag, sale, reason };
  }
  if (seen.queue === undefined) return acts.unavailable;
  if (asked.kind === 'message') {
    const notice = data.has('none') ? null : { ko: text('ko'), en: text('en') };
    return { kind: 'notice', queue: seen.queue, notice, reason };
  }
  const value = isNumber ? { value: Number(text('value')) } : {};
  return { kind: 'admission', queue: seen.queue, command: asked.kind, ...value, reason };
}
