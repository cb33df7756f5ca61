import { useSignal, useSignalEffect } from '@preact/signals';
import { Fragment, h, type VNode } from 'preact';
import { everySecond, serverNow } from '../../shared/clock';
import { formatCount, formatLeft, formatMoment } from '../format';
import { join, resumed } from '../join';
import { IS_ELSEWHERE, SIGN_IN_URL } from '../page';
import { t } from '../texts';
import { heard } from '../waiting/status';
import { Card, Changing, Heading, Problem } from './parts';

/** The beginning: who it is, and into the line. */
export function SignIn(): VNode {
  const { signIn } = t.value;
  return (
    <Card>
      <Heading name="sign-in">{signIn.title}</Heading>
      <p class="lead">{IS_ELSEWHERE ? signIn.elsewhere : signIn.lead}</p>
      <Opening />
      {IS_ELSEWHERE ? <Back /> : <SignInForm />}
    </Card>
  );
}

/** The user has most likely come from the shop's page; where this page was opened in another tab, that page is still open. */
function Back(): VNode {
  if (history.length === 1) return <Fragment />;
  return (
    <p class="actions">
      <button type="button" class="primary" onClick={() => history.back()}>
        {t.value.signIn.back}
      </button>
    </p>
  );
}

function SignInForm(): VNode {
  const problem = useSignal('');
  const isBusy = useSignal(false);
  const show = async (joined: ReturnType<typeof join>): Promise<void> => {
    isBusy.value = true;
    const answer = await joined;
    isBusy.value = false;
    if (!answer.ok) problem.value = answer.code;
  };
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (isBusy.value) return;
    const given = new FormData(event.currentTarget as HTMLFormElement).get('userId');
    const userId = SIGN_IN_URL === '' ? Number(given) : 1;
    problem.value = '';
    if (!Number.isSafeInteger(userId) || userId < 1) {
      problem.value = 'wrong';
      return;
    }
    await show(join(userId));
  };
  useSignalEffect(() => {
    if (resumed !== undefined) void show(resumed);
  });
  const { signIn, checking } = t.value;
  const own = {
    wrong: signIn.wrong,
    '401': signIn.refused,
    '403': signIn.forbidden,
    '404': signIn.unknown,
  };
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      {SIGN_IN_URL === '' ? <UserNumber /> : null}
      <div id="user-problem">
        <Problem code={problem.value} texts={own} />
      </div>
      <button class="primary" type="submit" aria-disabled={isBusy.value}>
        {isBusy.value ? checking : SIGN_IN_URL === '' ? signIn.join : signIn.atShop}
      </button>
    </form>
  );
}

/** Who it is, as anybody may say in the demonstration; otherwise the shop says it. */
function UserNumber(): VNode {
  const { signIn } = t.value;
  return (
    <Fragment>
      <label for="user">{signIn.number}</label>
      <input
        id="user"
        name="userId"
        inputMode="numeric"
        autocomplete="username"
        required
        aria-describedby="user-hint user-problem"
      />
      <p id="user-hint" class="hint">
        {signIn.hint}
      </p>
    </Fragment>
  );
}

/** Before the sale opens, when it does; afterwards how many wait. */
function Opening(): VNode {
  const status = heard.value?.status;
  if (status?.state === 'NOT_OPEN') return <Countdown opensAt={status.opensAt} />;
  const waiting = status?.waiting ?? 0;
  return <p class="hint slot">{waiting > 0 ? t.value.signIn.crowd(formatCount(waiting)) : ' '}</p>;
}

export function Countdown({ opensAt }: { opensAt: string | null }): VNode {
  if (opensAt === null) return <Fragment />;
  everySecond();
  const atMs = Date.parse(opensAt);
  return (
    <div class="countdown">
      <p class="number" role="timer">
        <Changing>{formatLeft(atMs - serverNow())}</Changing>
      </p>
      <p class="hint">{t.value.notOpen.opens(formatMoment(atMs))}</p>
    </div>
  );
}
