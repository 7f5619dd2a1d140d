/** Pages of a dialog, and the way from one to the other (WAI-ARIA: tabs with automatic change). */
import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";

interface TabsProps<Page extends string> {
  label: string;
  pages: readonly (readonly [Page, string])[];
  page: Page;
  onPage: (page: Page) => void;
  children: ComponentChildren;
}

/** The tabs and the page that is open; arrow keys go from one tab to the next. */
export function Tabs<Page extends string>(props: TabsProps<Page>) {
  const { label, pages, page, onPage, children } = props;
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const move = (by: number) => {
    const at = pages.findIndex(([name]) => name === page);
    const next = pages[(at + by + pages.length) % pages.length];
    if (!next) return;
    onPage(next[0]);
    list.current?.querySelector<HTMLElement>(`[data-page="${next[0]}"]`)?.focus();
  };
  return (
    <div class="tabbed">
      <div
        ref={list}
        role="tablist"
        aria-label={label}
        class="tabs"
        onKeyDown={(event) => {
          const forward = event.key === "ArrowDown" || event.key === "ArrowRight";
          if (!forward && event.key !== "ArrowUp" && event.key !== "ArrowLeft") return;
          event.preventDefault();
          move(forward ? 1 : -1);
        }}
      >
        {pages.map(([name, words]) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${name}`}
            data-page={name}
            aria-selected={name === page}
            aria-controls={`${id}-page`}
            tabIndex={name === page ? 0 : -1}
            onClick={() => onPage(name)}
          >
            {words}
          </button>
        ))}
      </div>
      <div
        key={page}
        role="tabpanel"
        id={`${id}-page`}
        aria-labelledby={`${id}-${page}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        tabIndex={0}
        class="tab-page"
      >
        {children}
      </div>
    </div>
  );
}
