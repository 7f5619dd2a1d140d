/** The files of a room's next message, and how more come to it: chosen, pasted or dropped. */
import { LIMITS } from "parley-sdk";
import { useEffect, useState } from "preact/hooks";
import type { Upload } from "../store/uploads.ts";
import { useActions } from "./actions.ts";

/** What a composer knows of them. */
export interface Adding {
  readonly uploads: readonly Upload[];
  /** One is not up yet, or never will be. */
  readonly unready: boolean;
  /** Something is dragged that could be dropped. */
  readonly dropping: boolean;
  /** More were added than a message can have. */
  readonly tooMany: boolean;
  add(files: Iterable<File>): void;
}

/** Follow the files of a room; `open`: whether more may be added now. */
export function useUploads(room: string, open: boolean): Adding {
  const { files } = useActions();
  const [uploads, setUploads] = useState(() => files.of(room));
  const [dropping, setDropping] = useState(false);
  const [tooMany, setTooMany] = useState(false);
  useEffect(() => {
    setUploads(files.of(room));
    return files.store.subscribe(() => setUploads(files.of(room)));
  }, [files, room]);
  const add = (added: Iterable<File>) => {
    if (open) setTooMany(files.add(room, [...added]) > 0);
  };
  useEffect(() => {
    const over = new AbortController();
    const { signal } = over;
    const has = (event: DragEvent) => open && event.dataTransfer?.types.includes("Files");
    const dragged = (event: DragEvent) => {
      if (!has(event)) return;
      event.preventDefault();
      setDropping(true);
    };
    const left = (event: DragEvent) => {
      // From one element to another is not out of the page.
      if (event.relatedTarget === null) setDropping(false);
    };
    const dropped = (event: DragEvent) => {
      setDropping(false);
      if (!has(event)) return;
      event.preventDefault();
      add(event.dataTransfer?.files ?? []);
    };
    document.addEventListener("dragover", dragged, { signal });
    document.addEventListener("dragleave", left, { signal });
    document.addEventListener("drop", dropped, { signal });
    return () => over.abort();
  }, [files, room, open]);
  const unready = uploads.some(({ state }) => state !== "done");
  return { uploads, unready, dropping, tooMany: tooMany && uploads.length > 0, add };
}

/** What is said to whoever adds too many. */
export const TOO_MANY = `A message has at most ${LIMITS.ATTACHMENTS} files.`;
