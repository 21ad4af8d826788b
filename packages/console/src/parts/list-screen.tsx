import type { ComponentChildren } from 'preact';
import { errorText } from '../api/error-text.ts';
import type { Items } from '../api/use-items.ts';
import { Button } from './button.tsx';
import { Live } from './live.tsx';
import { Notice } from './notice.tsx';
import { Page } from './page.tsx';
import './table.css';

export interface Column<Item> {
  readonly name: string;
  readonly cell: (item: Item) => ComponentChildren;
  /**
   * The cell's classes. `number`: right-aligned. `minor`: hidden on a phone. `wide`: takes the remaining width. `actions`: below
   * the other cells on a phone.
   */
  readonly class?: string;
}

export interface ListScreenProps<Item> {
  readonly title: string;
  readonly list: Items<Item>;
  readonly columns: readonly Column<Item>[];
  readonly keyOf: (item: Item) => string;
  /** The text to show for an empty list. */
  readonly empty: { readonly title: string; readonly text: ComponentChildren };
  readonly actions?: ComponentChildren;
  /** Shown above the table. */
  readonly children?: ComponentChildren;
}

/** A screen with a table, an empty state and an error state. */
export function ListScreen<Item>(props: ListScreenProps<Item>) {
  const { title, list, columns, keyOf, empty, actions, children } = props;
  return (
    <Page
      title={title}
      actions={
        <>
          <Live isStale={list.error !== null} />
          {actions}
        </>
      }
    >
      {children}
      {list.error && !list.items && (
        <Notice title={`${title} can’t be shown`}>
          <p>{errorText(list.error)}</p>
        </Notice>
      )}
      {list.items?.length === 0 && <Notice title={empty.title}>{empty.text}</Notice>}
      {list.items && list.items.length > 0 && (
        <div class="table-scroll" tabIndex={0} role="group" aria-label={title}>
          <table class="table">
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column.name} scope="col" class={column.class}>
                    {column.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {list.items.map((item) => (
                <tr key={keyOf(item)}>
                  {columns.map((column, index) =>
                    index === 0 ? (
                      <th key={column.name} scope="row" class={column.class}>
                        {column.cell(item)}
                      </th>
                    ) : (
                      <td key={column.name} class={column.class}>
                        {column.cell(item)}
                      </td>
                    ),
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {list.hasMore && (
        <p class="load-more">
          <Button onClick={list.loadMore}>Load more</Button>
        </p>
      )}
    </Page>
  );
}
