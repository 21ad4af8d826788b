import type { DedupWindow, OwnedWindow, WindowClaim } from './dedup.ts';
import type { ServiceLog } from './log.ts';

/** Closes the dedup windows that these submissions opened, so that their objects can be submitted again immediately. */
export async function releaseWindows(
  claimed: readonly { readonly claim: WindowClaim }[],
  { dedup, log }: { dedup: DedupWindow; log: ServiceLog },
): Promise<void> {
  const owned = claimed.flatMap(({ claim: { opened, holder } }) =>
    opened && holder ? [{ key: opened, owner: holder.owner }] : [],
  );
  for (const error of await releaseAll(owned, dedup)) {
    log.warn(
      'dedup_key_not_released',
      "The dedup key was not released; the object's next submission will take it over.",
      { error },
    );
  }
}

/** Closes the windows. @returns the errors */
async function releaseAll(owned: readonly OwnedWindow[], dedup: DedupWindow): Promise<unknown[]> {
  const [only] = owned;
  if (!only) return [];
  if (owned.length > 1) return dedup.releaseAll(owned);
  try {
    await dedup.release(only.key, only.owner);
    return [];
  } catch (error) {
    return [error];
  }
}
