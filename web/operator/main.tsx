import { effect } from '@preact/signals';
import { Fragment, h, render, type VNode } from 'preact';
import { Acts } from './acts/acts';
import { outcome } from './acts/state';
import { followWhileSignedIn } from './live/follow';
import { report } from './live/state';
import { Audit } from './panels/audit';
import { loadAudit } from './panels/audit-state';
import { Charts } from './panels/charts';
import { Controller } from './panels/controller';
import { Dates } from './panels/dates';
import { loadDates } from './panels/dates-state';
import { Health } from './panels/health';
import { Processes } from './panels/processes';
import { QueueFigures } from './panels/queue';
import { Rehearsal } from './panels/rehearsal/rehearsal';
import { loadRehearsals } from './panels/rehearsal/state';
import { Sales } from './panels/sales';
import { SignIn } from './sign-in';
import { keptKey, operator, signIn } from './session';
import { language, t } from './texts';
import { Top, Warnings } from './top';

function Dashboard(): VNode {
  return (
    <Fragment>
      <Warnings />
      <div class="first">
        <QueueFigures />
        <Acts />
      </div>
      <Charts />
      <div class="columns">
        <Health />
        <Sales />
      </div>
      <Controller />
      <Dates />
      <Rehearsal />
      <Processes />
      <Audit />
    </Fragment>
  );
}

function App(): VNode {
  const isIn = operator.value !== undefined;
  return (
    <Fragment>
      <Top />
      <main id="main">{isIn ? <Dashboard /> : <SignIn />}</main>
      <p class="unseen" role="status">
        {outcome.value?.text}
      </p>
    </Fragment>
  );
}

effect(() => {
  document.documentElement.lang = language.value;
  const isPaused = report.value?.queues.some(({ paused }) => paused) ?? false;
  document.title = isPaused ? `⏸ ${t.value.title}` : t.value.title;
});

effect(() => {
  if (operator.value === undefined) return;
  void loadAudit();
  void loadDates();
  void loadRehearsals();
});

const root = document.getElementById('app');
if (root !== null) {
  root.textContent = '';
  render(<App />, root);
}
followWhileSignedIn();
const key = keptKey();
if (key !== undefined) void signIn(key);
