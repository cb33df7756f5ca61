import { h, type VNode } from 'preact';
import { formatSpan } from './format';
import { ageOf, chosenQueue, isLost, queue, report, silenceMs, STALE_MS } from './live/state';
import { operator, signOut } from './session';
import { language, switchLanguage, t } from './texts';

/** The operator, the chosen queue, and whether the view is live. */
export function Top(): VNode {
  const { title, otherLanguage, role, signIn } = t.value;
  const me = operator.value;
  return (
    <header class="top">
      <p class="brand">{title}</p>
      {me === undefined ? null : <QueueChoice />}
      {me === undefined ? null : <Connection />}
      <div class="who">
        {me === undefined ? null : (
          <p>
            <b>{me.name}</b> <span class="soft">{role[me.role]}</span>
          </p>
        )}
        <button
          type="button"
          class="quiet"
          lang={language.value === 'ko' ? 'en' : 'ko'}
          onClick={switchLanguage}
        >
          {otherLanguage}
        </button>
        {me === undefined ? null : (
          <button type="button" class="quiet" onClick={() => signOut()}>
            {signIn.out}
          </button>
        )}
      </div>
    </header>
  );
}

function QueueChoice(): VNode | null {
  const queues = report.value?.queues ?? [];
  if (queues.length < 2) return <p class="queue-name">{queue.value?.queueId}</p>;
  return (
    <label class="choice">
      <span class="unseen">{t.value.queue.choose}</span>
      <select
        value={queue.value?.queueId ?? ''}
        onChange={({ currentTarget }) => (chosenQueue.value = currentTarget.value)}
      >
        {queues.map(({ queueId }) => (
          <option key={queueId} value={queueId}>
            {queueId}
          </option>
        ))}
      </select>
    </label>
  );
}

function Connection(): VNode {
  const { live, connecting } = t.value.connection;
  const isKnown = report.value !== undefined;
  if (!isKnown) return <p class="connection waiting">{connecting}</p>;
  return isLost.value ? (
    <p class="connection lost">{t.value.stale(formatSpan(silenceMs()))}</p>
  ) : (
    <p class="connection live">{live}</p>
  );
}

/** Warning above everything else when parts of the view are out of date. */
export function Warnings(): VNode {
  const { connection } = t.value;
  const now = report.value;
  const texts: string[] = [];
  const queueAge = ageOf(queue.value?.ageMs ?? 0) ?? 0;
  if (now !== undefined && isLost.value) texts.push(connection.lost(formatSpan(silenceMs())));
  else if (now !== undefined) {
    if (queueAge > STALE_MS) texts.push(connection.redis(formatSpan(queueAge)));
    if (now.stores.database.status === 'down') texts.push(connection.database);
  }
  return (
    <div class="warnings" role="status">
      {texts.map((text) => (
        <p key={text} class="warning">
          {text}
        </p>
      ))}
    </div>
  );
}
