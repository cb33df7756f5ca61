import { Fragment, h, type VNode } from 'preact';
import { t } from '../texts';
import { MOST_TEXT } from './dialog-state';

/** The message to all waiting users, in both languages. */
export function MessageFields({ notice }: { notice: { ko: string; en: string } | null }): VNode {
  const { acts } = t.value;
  return (
    <Fragment>
      {(['ko', 'en'] as const).map((language) => (
        <Fragment key={language}>
          <label for={language}>{acts[language]}</label>
          <textarea
            id={language}
            name={language}
            lang={language}
            maxLength={MOST_TEXT}
            rows={2}
            defaultValue={notice?.[language] ?? ''}
          />
        </Fragment>
      ))}
      {notice === null ? null : (
        <label class="check">
          <input type="checkbox" name="none" /> {acts.takeBack}
        </label>
      )}
    </Fragment>
  );
}
