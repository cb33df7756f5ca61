import { Fragment, h, type VNode } from 'preact';
import { everySecond } from '../../shared/clock';
import { formatAge, formatCount, formatRange, formatTime } from '../format';
import { MAX_WAIT_MS } from '../page';
import { claimsOf, type Place, setPlace } from '../place';
import { language, t } from '../texts';
import { askSoon } from '../waiting/leader';
import { etaAt, heard, isLost, type Status } from '../waiting/status';
import { isTold, tellMe } from '../waiting/tell';
import { Card, Changing, Heading } from './parts';
import { ChanceWord, Left } from './sale';
import { Countdown } from './sign-in';

const FRESH_MS = 2000;
const OLD_MS = 15_000;

/** In line: one screen for all that can happen there, so that nothing jumps. */
export function Waiting({ now }: { now: Place }): VNode {
  const status = heard.value?.status;
  const { title, lead } = wordsOf(now, status);
  return (
    <Card>
      <Heading name={nameOf(now, status)}>{title}</Heading>
      <p class="lead">{lead}</p>
      {status?.state === 'CLOSED' ? null : isBeforeOrder(status) ? (
        <Countdown opensAt={status?.opensAt ?? null} />
      ) : (
        <Position now={now} status={status} />
      )}
      <Notice status={status} />
      {status?.state === 'OPEN' || status?.state === 'PAUSED' ? (
        <ChanceWord now={now} status={status} />
      ) : null}
      <Left status={status} />
      <Connection now={now} />
      {status?.state === 'CLOSED' ? null : <TellMe />}
      <p class="actions">
        <button
          type="button"
          class={status?.state === 'CLOSED' ? 'primary' : 'quiet'}
          onClick={() => setPlace(undefined)}
        >
          {t.value.waiting.leave}
        </button>
      </p>
    </Card>
  );
}

/** There is no order yet, or nobody moves in it. */
const isBeforeOrder = (status: Status | undefined): boolean =>
  status?.state === 'NOT_OPEN' || status?.state === 'DRAW';

function nameOf({ phase }: Place, status: Status | undefined): string {
  if (phase === 'rejoined') return 'rejoined';
  if (isBeforeOrder(status) && status?.mode === 'draw') return 'draw';
  const names = {
    NOT_OPEN: 'not-open',
    DRAW: 'draw',
    WAITLIST: 'waitlist',
    PAUSED: 'paused',
    SOLD_OUT: 'sold-out',
    CLOSED: 'closed',
    OPEN: 'waiting',
  };
  return names[status?.state ?? 'OPEN'];
}

function wordsOf({ phase }: Place, status: Status | undefined): { title: string; lead: string } {
  const { waiting, rejoined, paused, waitlist, soldOut, closed, notOpen, draw } = t.value;
  if (phase === 'rejoined') return rejoined;
  switch (status?.state) {
    case 'PAUSED':
      return paused;
    case 'WAITLIST':
      return waitlist;
    case 'SOLD_OUT':
      return soldOut;
    case 'DRAW':
      return { title: draw.now, lead: draw.how };
    case 'CLOSED':
      return closed;
    case 'NOT_OPEN':
      return status.mode === 'draw' ? draw : { title: notOpen.title, lead: notOpen.registered };
    case 'OPEN':
    case undefined:
      return { title: waiting.title, lead: waiting.close };
  }
}

function Position({ now, status }: { now: Place; status: Status | undefined }): VNode {
  const { waiting, rejoined } = t.value;
  const { position, firstPosition } = now;
  const isMoving = status?.state === 'OPEN' && now.phase === 'waiting';
  const shown =
    now.phase === 'rejoined' ? rejoined.next : position === undefined ? '–' : formatCount(position);
  return (
    <div class="position">
      <p class="hint" id="position-name">
        {waiting.position}
      </p>
      <p class="number" aria-labelledby="position-name" data-position={position}>
        <Changing>{shown}</Changing>
      </p>
      <p class="eta slot">
        <Changing>{isMoving && position !== undefined ? etaText(status, position) : ' '}</Changing>
      </p>
      <Progress
        share={
          firstPosition === undefined || position === undefined
            ? undefined
            : (firstPosition - position) / firstPosition
        }
      />
    </div>
  );
}

/** No text for a wait that cannot be estimated. */
function etaText(status: Status, position: number): string {
  if (position === 1) return t.value.waiting.next;
  const { etaBand } = status;
  if (etaBand === null) return ' ';
  const seconds = etaAt(status, position);
  return t.value.waiting.eta(formatRange(seconds * etaBand.low, seconds * etaBand.high));
}

/** Progress since the user's own start: it never goes back, and does not advance by time alone. */
function Progress({ share }: { share: number | undefined }): VNode {
  return (
    <progress
      class={share === undefined ? 'hidden' : ''}
      max={100}
      value={Math.round((share ?? 0) * 100)}
      aria-label={t.value.waiting.progress}
    />
  );
}

function Notice({ status }: { status: Status | undefined }): VNode {
  const text = status?.notice?.[language.value] ?? '';
  if (text === '') return <Fragment />;
  return (
    <aside class="notice" aria-label={t.value.waiting.notice}>
      <p>{text}</p>
    </aside>
  );
}

/** Age of the shown facts; without a connection, how long the entry is kept. */
function Connection({ now }: { now: Place }): VNode {
  everySecond();
  const ageMs = Date.now() - (heard.value?.atMs ?? Date.now());
  const { waiting, offline } = t.value;
  if (!isLost.value || ageMs < OLD_MS / 3)
    return (
      <p class="hint slot age">
        <Changing>{ageMs < FRESH_MS ? waiting.fresh : waiting.updated(formatAge(ageMs))}</Changing>
      </p>
    );
  const keptUntilMs = (claimsOf(now.token)?.iatMs ?? Date.now()) + MAX_WAIT_MS;
  return (
    <div class="offline" role="status">
      <p>
        <strong>{offline.title}.</strong> {offline.lead(formatTime(keptUntilMs))}
      </p>
      <p class="hint">{waiting.updated(formatAge(ageMs))}</p>
      <button type="button" onClick={askSoon}>
        {offline.retry}
      </button>
    </div>
  );
}

function TellMe(): VNode {
  return (
    <p class="actions">
      <button type="button" class="primary" aria-pressed={isTold.value} onClick={() => void tellMe()}>
        {isTold.value ? t.value.waiting.willTell : t.value.waiting.tellMe}
      </button>
    </p>
  );
}
