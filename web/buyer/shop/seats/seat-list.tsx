import { formatCount, formatWon, h, type VNode } from '../../kernel';
import { shopTexts } from '../texts';
import type { SeatChoice } from './seat-map';

/** The same seats as a list, row by row: for small screens, and for who prefers words. */
export function SeatList({ rows, isChosen, toggle }: SeatChoice): VNode {
  const { seats } = shopTexts.value;
  return (
    <div class="rows">
      {rows.map((row) => {
        const free = row.seats.filter((seat) => seat.state === 'free' || isChosen(seat));
        return (
          <details key={`${row.section} ${row.name}`}>
            <summary>
              {row.section} {seats.row(row.name)}{' '}
              <span class="hint">{seats.left(formatCount(free.length))}</span>
            </summary>
            <ul>
              {free.map((seat) => (
                <li key={seat.number}>
                  <button type="button" aria-pressed={isChosen(seat)} onClick={() => toggle(seat)}>
                    {seats.seat(seat.number)}{' '}
                    <span class="hint">
                      {seat.priceClass} {formatWon(seat.amount)}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </details>
        );
      })}
    </div>
  );
}
