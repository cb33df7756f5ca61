import { Fragment, h, type VNode } from 'preact';
import { everySecond, serverNow } from '../../shared/clock';
import { formatAge, formatCount, formatWon } from '../format';
import type { Place } from '../place';
import { t } from '../texts';
import type { Status } from '../waiting/status';

const OLD_MS = 15_000;

/** Free seats by class, and the age of the count if it is not recent. */
export function Left({ status }: { status: Status | undefined }): VNode {
  everySecond();
  const left = status?.left ?? [];
  if (left.length === 0) return <Fragment />;
  const ageMs = serverNow() - (status?.countedAtMs ?? serverNow());
  return (
    <Fragment>
      <h2>{t.value.waiting.left}</h2>
      <dl class="left">
        {left.map(({ name, amount, seats }) => (
          <div key={name}>
            <dt>
              {name} <span class="hint">{formatWon(amount)}</span>
            </dt>
            <dd>{t.value.waiting.seats(formatCount(seats))}</dd>
          </div>
        ))}
      </dl>
      {ageMs > OLD_MS ? <p class="hint">{t.value.waiting.counted(formatAge(ageMs))}</p> : null}
    </Fragment>
  );
}

/** The chance that seats are left when the turn comes, in a word. */
export function ChanceWord({ now, status }: { now: Place; status: Status | undefined }): VNode {
  const chance = chanceOf(now.position, status);
  if (chance === undefined || now.phase !== 'waiting') return <Fragment />;
  const { chances } = t.value;
  return (
    <p class="hint" data-chance={chance}>
      {chances.label} <strong>{chances[chance]}</strong>
    </p>
  );
}

function chanceOf(
  position: number | undefined,
  status: Status | undefined,
): 'likely' | 'possible' | 'unlikely' | undefined {
  const chances = status?.chances;
  if (chances == null || position === undefined) return undefined;
  if (position <= chances.likelyUpTo) return 'likely';
  return position <= chances.possibleUpTo ? 'possible' : 'unlikely';
}
