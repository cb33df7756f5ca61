import { useSignal } from '@preact/signals';
import { h, type VNode } from 'preact';
import { signedOutBecause, signIn } from './session';
import { t } from './texts';

export function SignIn(): VNode {
  const { signIn: texts } = t.value;
  const problem = useSignal<'' | 'refused' | 'offline'>('');
  const isBusy = useSignal(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const input = document.querySelector<HTMLInputElement>('#key');
    const key = input?.value.trim() ?? '';
    if (key === '' || isBusy.value) return;
    isBusy.value = true;
    problem.value = '';
    void signIn(key).then((answer) => {
      isBusy.value = false;
      if (!answer.ok) problem.value = answer.status === 401 || answer.status === 403 ? 'refused' : 'offline';
    });
  };
  const why = signedOutBecause.value === 'ended' ? texts.ended : '';
  return (
    <section class="card sign-in" data-screen="sign-in">
      <h1>{texts.title}</h1>
      <p class="soft">{texts.lead}</p>
      <form onSubmit={submit}>
        <label for="key">{texts.key}</label>
        <input
          id="key"
          name="key"
          type="password"
          autocomplete="current-password"
          spellcheck={false}
          required
        />
        <p class="problem" role="alert">
          {problem.value === '' ? why : texts[problem.value]}
        </p>
        <button class="primary" type="submit" aria-disabled={isBusy.value}>
          {texts.enter}
        </button>
      </form>
    </section>
  );
}
