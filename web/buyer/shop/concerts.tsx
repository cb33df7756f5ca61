import type { Schedule } from '../../shared/api/types';
import {
  api,
  ask,
  authorized,
  Card,
  claimsOf,
  formatDay,
  h,
  Heading,
  limited,
  Problem,
  signal,
  t,
  useSignal,
  type VNode,
} from '../kernel';
import { ReceiptOf } from './receipt/receipt';
import { shopTexts } from './texts';
import { problemOf, schedule, tokenOf } from './state';

const schedules = signal<Schedule[] | undefined>(undefined);

/** What is on: choose a date. */
export function Concerts(): VNode {
  const problem = useSignal('');
  const load = async (): Promise<void> => {
    const answer = await ask(
      api.GET('/v1/api/concerts/schedule', { ...authorized(tokenOf()), ...limited() }),
    );
    // A queue lets its users buy what it sells, and nothing else.
    const { queueId } = claimsOf(tokenOf()) ?? {};
    if (answer.ok) schedules.value = answer.data.filter((each) => each.queueId === queueId);
    problem.value = problemOf(answer);
  };
  if (schedules.value === undefined && problem.value === '') void load();
  const { concerts } = shopTexts.value;
  const { admitted, loading } = t.value;
  const all = schedules.value;
  return (
    <Card>
      <Heading name="concerts">{admitted.title}</Heading>
      <p class="lead">{concerts.title}</p>
      <Problem code={problem.value} />
      {all === undefined && problem.value === '' ? <p>{loading}</p> : null}
      {all?.length === 0 ? <p>{concerts.none}</p> : null}
      <ul class="choices">
        {(all ?? []).map((each) => (
          <li key={each.scheduleId}>
            <button type="button" onClick={() => choose(each)}>
              <strong>{each.concertTitle}</strong>
              <span>{concerts.on(formatDay(each.openDate), each.startTime, each.endTime)}</span>
              {each.seatStatus === 'SOLD_OUT' ? <span class="tag">{concerts.soldOut}</span> : null}
            </button>
          </li>
        ))}
      </ul>
      {all?.length === 0 || problem.value !== '' ? (
        <p class="actions">
          <button type="button" class="primary" onClick={() => void load()}>
            {concerts.again}
          </button>
        </p>
      ) : null}
      {all === undefined ? null : <ReceiptOf />}
    </Card>
  );
}

function choose({ scheduleId, concertTitle, openDate, startTime, endTime }: Schedule): void {
  schedules.value = undefined;
  schedule.value = { scheduleId, title: concertTitle, date: openDate, from: startTime, to: endTime };
}
