import { formatWon, h, useSignal, type VNode } from '../../kernel';
import { shopTexts } from '../texts';
import type { HallRow, HallSeat, SeatState } from './hall';
import { usePinch } from './pinch';

export interface SeatChoice {
  rows: HallRow[];
  isChosen: (seat: HallSeat) => boolean;
  toggle: (seat: HallSeat) => void;
}

interface Cell {
  row: number;
  seat: number;
}

/** The hall as a grid: one tab stop, arrows move within it. */
export function SeatMap({ rows, isChosen, toggle }: SeatChoice): VNode {
  const at = useSignal<Cell>({ row: 0, seat: 0 });
  const pinch = usePinch();
  const { seats } = shopTexts.value;
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = moved(event.key, at.value, rows);
    const seat = rows[at.value.row]?.seats[at.value.seat];
    if (next !== undefined) {
      at.value = next;
      cellAt(event.currentTarget as HTMLElement, next)?.focus();
    } else if ((event.key === 'Enter' || event.key === ' ') && seat !== undefined) toggle(seat);
    else return;
    event.preventDefault();
  };
  return (
    <div class="hall">
      <div class="scroller" {...pinch.handlers}>
        <div class="map" ref={pinch.apply}>
          <p class="stage">{seats.stage}</p>
          <div role="grid" aria-label={seats.title} aria-describedby="grid-help" onKeyDown={onKeyDown}>
            {rows.map((row, r) => (
              <div
                role="row"
                key={`${row.section} ${row.name}`}
                class={isFirstOfSection(rows, r) ? 'first' : ''}
              >
                <span
                  role="rowheader"
                  aria-label={`${row.section} ${seats.row(row.name)}`}
                  data-section={row.section}
                >
                  {row.name}
                </span>
                {row.seats.map((seat, s) =>
                  cellOf({
                    seat,
                    isChosen: isChosen(seat),
                    isStop: at.value.row === r && at.value.seat === s,
                    choose: () => {
                      at.value = { row: r, seat: s };
                      toggle(seat);
                    },
                  }),
                )}
              </div>
            ))}
          </div>
        </div>
      </div>
      <p class="hint" id="grid-help">
        {seats.help}
      </p>
    </div>
  );
}

interface Shown {
  seat: HallSeat;
  isChosen: boolean;
  isStop: boolean;
  choose: () => void;
}

/** No component: a thousand of them would each follow the signals. */
function cellOf({ seat, isChosen, isStop, choose }: Shown): VNode {
  const { states, row, seat: seatText, accessible, label } = shopTexts.value.seats;
  const state = isChosen ? 'chosen' : seat.state;
  const place = `${seat.section} ${row(seat.row)}`.trim();
  const name = label(
    place,
    seatText(seat.number),
    `${seat.priceClass} ${formatWon(seat.amount)}`.trim(),
    states[state],
  );
  return (
    <span
      key={seat.number}
      role="gridcell"
      class={`${state}${seat.isAfterGap ? ' gap' : ''}${seat.isAccessible ? ' accessible' : ''}`}
      tabIndex={isStop ? 0 : -1}
      aria-selected={isChosen}
      aria-disabled={state === 'taken' || state === 'held'}
      aria-label={seat.isAccessible ? `${name}, ${accessible}` : name}
      data-seat={seat.seatId}
      data-mark={MARKS[state] ?? seat.number}
      onClick={choose}
    />
  );
}

/** State is said by shape too: not by colour alone. */
const MARKS: Partial<Record<SeatState | 'chosen', string>> = { chosen: '✓', held: '–', taken: '×' };

const isFirstOfSection = (rows: HallRow[], index: number): boolean =>
  rows[index]?.section !== '' && rows[index]?.section !== rows[index - 1]?.section;

const cellAt = (grid: HTMLElement, { row, seat }: Cell): HTMLElement | undefined =>
  grid.querySelectorAll<HTMLElement>('[role=row]')[row]?.querySelectorAll<HTMLElement>('[role=gridcell]')[
    seat
  ];

const PAGE_ROWS = 5;

function moved(key: string, { row, seat }: Cell, rows: HallRow[]): Cell | undefined {
  const steps: Partial<Record<string, [rows: number, seats: number]>> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    PageUp: [-PAGE_ROWS, 0],
    PageDown: [PAGE_ROWS, 0],
    Home: [0, -Infinity],
    End: [0, Infinity],
  };
  const step = steps[key];
  if (step === undefined) return undefined;
  const toRow = clamp(row + step[0], rows.length - 1);
  return { row: toRow, seat: clamp(seat + step[1], (rows[toRow]?.seats.length ?? 1) - 1) };
}

const clamp = (value: number, most: number): number => Math.max(0, Math.min(most, value));
