import { useSignal } from '@preact/signals';
import { h, type VNode } from 'preact';
import { join } from '../join';
import { type Place, setPlace } from '../place';
import { t } from '../texts';
import { Card, Heading, Problem } from './parts';

/** The place has expired: back into the line, with the same name. */
export function Expired({ now }: { now: Place }): VNode {
  const problem = useSignal('');
  const again = async (): Promise<void> => {
    problem.value = '';
    const answer = await join(now.userId);
    if (answer.ok) return;
    if (answer.code === '404') setPlace(undefined);
    else problem.value = answer.code;
  };
  const { expired } = t.value;
  return (
    <Card>
      <Heading name="expired">{expired.title}</Heading>
      <p class="lead">{expired.lead}</p>
      <Problem code={problem.value} />
      <p class="actions">
        <button type="button" class="primary" onClick={() => void again()}>
          {expired.again}
        </button>
      </p>
    </Card>
  );
}
