/** A page of a list, in the API's format. */
interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

/**
 * Yields a list's items, page by page. Each page is requested when its first item is needed.
 *
 * @param read requests the page at a cursor; the first page has no cursor
 */
export async function* itemsOfPages<Item>(
  read: (query: { cursor?: string }) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await read(cursor === null ? {} : { cursor });
    yield* page.items;
    cursor = page.next_cursor;
  } while (cursor !== null);
}
