/** A panel beside what asked for it, gone with Escape or a press elsewhere; not what is in it. */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

interface PopupProps {
  anchor: HTMLElement;
  label: string;
  onClose: () => void;
  children: ComponentChildren;
}

const GAP_PIXELS = 6;

/** The panel. The keyboard goes back to what asked for it, unless it was taken elsewhere. */
export function Popup({ anchor, label, onClose, children }: PopupProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const closed = (event: Event) => {
      if ((event as ToggleEvent).newState === "closed") onClose();
    };
    const observer = new ResizeObserver(() => place(element, anchor));
    element.addEventListener("toggle", closed);
    element.showPopover();
    observer.observe(element);
    return () => {
      observer.disconnect();
      element.removeEventListener("toggle", closed);
    };
  }, []);
  useLayoutEffect(
    () => () => {
      if (box.current?.contains(document.activeElement)) anchor.focus({ preventScroll: true });
    },
    [],
  );
  return (
    <div ref={box} popover="auto" class="popup" role="dialog" aria-label={label}>
      {children}
    </div>
  );
}

/** Put it above the anchor, or below, wherever it is on the screen as a whole. */
function place(box: HTMLElement, anchor: HTMLElement): void {
  const { width, height } = box.getBoundingClientRect();
  const at = anchor.getBoundingClientRect();
  const above = at.top - height - GAP_PIXELS;
  const below = Math.min(at.bottom + GAP_PIXELS, innerHeight - height - GAP_PIXELS);
  const left = Math.min(at.right - width, innerWidth - width - GAP_PIXELS);
  box.style.top = `${Math.max(GAP_PIXELS, above >= GAP_PIXELS ? above : below)}px`;
  box.style.left = `${Math.max(GAP_PIXELS, left)}px`;
}
