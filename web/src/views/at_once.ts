/** Draws a change before anything else happens; no part of it knows what is drawn. */
import { options } from "preact";

/**
 * Make a change, and have all that it asks to be drawn on the page when this returns. Preact has this
 * in its layer for React alone, which looks at everything that is drawn.
 */
export function atOnce(change: () => void): void {
  const { debounceRendering: later } = options;
  const due: (() => void)[] = [];
  options.debounceRendering = (draw) => void due.push(draw);
  try {
    change();
    for (const draw of due) draw();
  } finally {
    if (later) options.debounceRendering = later;
    else delete options.debounceRendering;
  }
}
