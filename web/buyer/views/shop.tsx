import { signal } from '@preact/signals';
import { Fragment, h, type VNode } from 'preact';
import { jittered, wait } from '../../shared/wait';
import { SHOP_SCRIPT } from '../page';
import { loadStyle } from '../style';
import { t } from '../texts';
import { Card, Heading } from './parts';

/** Path of the shop's style sheet: the build fills it in. */
declare const SHOP_STYLE: string;

type ShopScript = { Shop: () => VNode };

const script = signal<ShopScript | undefined>(undefined);
let isLoading = false;

/** Loads the rest of the app: near the head, so that it is there at once when the turn comes. */
export async function loadShop(): Promise<void> {
  if (isLoading) return;
  isLoading = true;
  const style = loadStyle(SHOP_STYLE);
  for (let failures = 0; script.value === undefined; failures++)
    try {
      const loaded = (await import(SHOP_SCRIPT)) as ShopScript;
      await style; // nothing moves once the shop is shown
      script.value = loaded;
    } catch {
      await wait(jittered(Math.min(1000 * 2 ** failures, 15_000)));
    }
}

/** Everything behind the line. */
export function ShopScreen(): VNode {
  void loadShop();
  const Loaded = script.value?.Shop;
  return (
    <Fragment>
      {Loaded === undefined ? (
        <Card>
          <Heading name="admitted">{t.value.admitted.title}</Heading>
          <p class="lead">{t.value.loading}</p>
        </Card>
      ) : (
        <Loaded />
      )}
    </Fragment>
  );
}
