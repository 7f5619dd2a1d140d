/** A link within the application: a real one, followed without loading the page anew. */
import type { ComponentChildren } from "preact";
import { pathOf, type Route } from "../route.ts";
import { useActions } from "./actions.ts";

interface LinkProps {
  to: Route;
  children: ComponentChildren;
  class?: string;
  label?: string;
  current?: boolean;
}

/** The link. Opened with a modifier key it is left to the browser. `label`: its name, in full. */
export function Link({ to, children, class: look, label, current }: LinkProps) {
  const actions = useActions();
  return (
    <a
      href={pathOf(to)}
      class={look}
      aria-label={label}
      aria-current={current ? "page" : undefined}
      onClick={(event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
          return;
        event.preventDefault();
        actions.go(to);
      }}
    >
      {children}
    </a>
  );
}
