import {
  Card,
  Changing,
  formatCount,
  formatDay,
  formatWon,
  h,
  Heading,
  Problem,
  t,
  useSignal,
  type VNode,
} from '../../kernel';
import { seatName, shopTexts } from '../texts';
import type { HallSeat } from './hall';
import { hold, MOST_SEATS, type OrderedSeat, type ScheduleName } from '../orders';
import { isChecking } from '../once';
import { followSeats, hall, readSeats } from './availability';
import { SeatList } from './seat-list';
import { SeatMap } from './seat-map';
import { Zoom } from './zoom';
import { problemOf, schedule, setOrder, tokenOf } from '../state';

/** Which seats are free, and which of them the user would like. */
export function Seats({ of }: { of: ScheduleName }): VNode {
  const chosen = useSignal<OrderedSeat[]>([]);
  const problem = useSignal('');
  const isList = useSignal(false);
  const isBusy = useSignal(false);
  followSeats(of.scheduleId);
  const rows = hall.value ?? [];
  const isChosen = ({ seatId }: HallSeat): boolean => chosen.value.some((each) => each.seatId === seatId);
  const toggle = (seat: HallSeat): void => {
    problem.value = '';
    const { seatId, section, row, number, amount } = seat;
    if (isChosen(seat)) chosen.value = chosen.value.filter((each) => each.seatId !== seatId);
    else if (seat.state === 'free' && chosen.value.length === MOST_SEATS) problem.value = 'MOST';
    else if (seat.state === 'free')
      chosen.value = [...chosen.value, { seatId, section, row, number, amount }];
  };
  const submit = async (): Promise<void> => {
    if (isBusy.value || chosen.value.length === 0) return;
    isBusy.value = true;
    const answer = await hold(tokenOf(), { schedule: of, seats: chosen.value });
    isBusy.value = false;
    if (answer.ok) {
      setOrder(answer.data);
      return;
    }
    problem.value = problemOf(answer);
    await readSeats(of.scheduleId);
    const free = new Set(
      hall.value
        ?.flatMap((row) => row.seats)
        .filter(({ state }) => state === 'free')
        .map(({ seatId }) => seatId),
    );
    chosen.value = chosen.value.filter(({ seatId }) => free.has(seatId));
  };
  const { seats, concerts, errors } = shopTexts.value;
  const most = seats.most(formatCount(MOST_SEATS));
  const { loading, checking } = t.value;
  const total = chosen.value.reduce((sum, { amount }) => sum + amount, 0);
  return (
    <Card wide>
      <p class="back">
        <button type="button" class="quiet" onClick={() => (schedule.value = undefined)}>
          ← {seats.back}
        </button>
      </p>
      <Heading name="seats">{seats.title}</Heading>
      <p class="lead">
        {of.title} · {concerts.on(formatDay(of.date), of.from, of.to)}
      </p>
      <p class="toolbar">
        <button type="button" aria-pressed={!isList.value} onClick={() => (isList.value = false)}>
          {seats.map}
        </button>
        <button type="button" aria-pressed={isList.value} onClick={() => (isList.value = true)}>
          {seats.list}
        </button>
        {isList.value ? null : <Zoom />}
      </p>
      {hall.value === undefined ? (
        <p class="hall">{loading}</p>
      ) : isList.value ? (
        <SeatList rows={rows} isChosen={isChosen} toggle={toggle} />
      ) : (
        <SeatMap rows={rows} isChosen={isChosen} toggle={toggle} />
      )}
      {hall.value === undefined || isList.value ? null : <Legend />}
      {/* What is below the hall comes with it: it would have jumped. */}
      {hall.value === undefined ? null : (
        <div class="checkout">
          <Problem code={problem.value} texts={{ ...errors, MOST: most }} />
          <p class="basket" aria-live="polite">
            <span>
              {chosen.value.length === 0
                ? `${seats.none} ${most}`
                : seats.chosen(chosen.value.map(seatName).join(' · '))}
            </span>
            {chosen.value.length === 0 ? null : <strong>{formatWon(total)}</strong>}
          </p>
          <button
            type="button"
            class="primary"
            aria-disabled={chosen.value.length === 0 || isBusy.value}
            onClick={() => void submit()}
          >
            <Changing>{isChecking.value || isBusy.value ? checking : seats.hold}</Changing>
          </button>
        </div>
      )}
    </Card>
  );
}

function Legend(): VNode {
  const { seats } = shopTexts.value;
  return (
    <ul class="legend" aria-label={seats.legend}>
      <li>
        <span class="free" aria-hidden="true">
          1
        </span>
        {seats.states.free}
      </li>
      <li>
        <span class="chosen" aria-hidden="true">
          ✓
        </span>
        {seats.states.chosen}
      </li>
      <li>
        <span class="held" aria-hidden="true">
          –
        </span>
        {seats.states.held}
      </li>
      <li>
        <span class="taken" aria-hidden="true">
          ×
        </span>
        {seats.states.taken}
      </li>
    </ul>
  );
}
