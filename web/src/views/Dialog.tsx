/** A dialog over the page: keeps the keyboard inside, and gives the focus back at its end. */
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./Icon.tsx";

interface DialogProps {
  title: string;
  /** The title is read out and not seen. */
  bare?: boolean;
  class?: string;
  onClose: () => void;
  children: ComponentChildren;
}

/** The dialog. Escape, its button and a press beside it ask for its end by `onClose`. */
export function Dialog({ title, bare, class: look, onClose, children }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  // At once: what is typed after the keys that open it is meant for it already.
  useLayoutEffect(() => {
    const element = box.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={box}
      class={`dialog ${look ?? ""}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClose={(event) => {
        // By the browser itself: Escape pressed twice. Our own end comes after it was taken away.
        if (event.currentTarget.isConnected) onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div class="sheet">
        <header class={bare ? "unseen" : "dialog-header"}>
          <h2 id={id}>{title}</h2>
          {!bare && (
            <button type="button" class="quiet icon" aria-label="Close" onClick={onClose}>
              <Icon name="close" />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}
