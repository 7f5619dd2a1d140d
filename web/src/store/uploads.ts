/** Files that somebody adds to a message before it is sent; not the uploading itself. */
import { type Attachment, LIMITS } from "parley-sdk";

/**
 * One of them. `progress`: the share of it that is on its way, 0 to 1. `picture`: the URL of an image
 * of it, which this window alone has; null: it is no image.
 */
export interface Upload {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly state: "uploading" | "done" | "failed";
  readonly progress: number;
  readonly attachment: Attachment | null;
  readonly picture: string | null;
  /** Why it failed, in words. */
  readonly why: string | null;
}

/** Of each room, in the order they were added. */
export type Uploads = ReadonlyMap<string, readonly Upload[]>;

/** What can happen to them. */
export type UploadHappening =
  | { readonly type: "added"; readonly room: string; readonly uploads: readonly Upload[] }
  | { readonly type: "progress"; readonly room: string; readonly id: number; readonly to: number }
  | {
      readonly type: "done";
      readonly room: string;
      readonly id: number;
      readonly attachment: Attachment;
    }
  | { readonly type: "failed"; readonly room: string; readonly id: number; readonly why: string }
  | { readonly type: "again"; readonly room: string; readonly id: number }
  | { readonly type: "removed"; readonly room: string; readonly id: number }
  | { readonly type: "taken"; readonly room: string };

/** A file that begins its way. */
export function begun(
  id: number,
  name: string,
  size: number,
  picture: string | null = null,
): Upload {
  return { id, name, size, state: "uploading", progress: 0, attachment: null, picture, why: null };
}

/** One that is uploaded already. */
export function there(id: number, attachment: Attachment): Upload {
  const { name, size, preview } = attachment;
  const picture = preview === undefined ? null : `data:image/webp;base64,${preview}`;
  return { id, name, size, state: "done", progress: 1, attachment, picture, why: null };
}

/** Those of a room that are uploaded. */
export function uploaded(uploads: Uploads, room: string): readonly Attachment[] {
  return of(uploads, room).flatMap(({ attachment }) => (attachment ? [attachment] : []));
}

/** How many more a message of the room can have. */
export function left(uploads: Uploads, room: string): number {
  return LIMITS.ATTACHMENTS - of(uploads, room).length;
}

/** Those of a room. */
export function of(uploads: Uploads, room: string): readonly Upload[] {
  return uploads.get(room) ?? [];
}

/** What all of them are after something happened. */
export function reduce(uploads: Uploads, what: UploadHappening): Uploads {
  const now = list(of(uploads, what.room), what);
  const next = new Map(uploads);
  if (now.length > 0) next.set(what.room, now);
  else next.delete(what.room);
  return next;
}

function list(now: readonly Upload[], what: UploadHappening): readonly Upload[] {
  switch (what.type) {
    case "added":
      return [...now, ...what.uploads];
    case "removed":
      return now.filter(({ id }) => id !== what.id);
    case "taken":
      return [];
    default:
      return now.map((one) => (one.id === what.id ? changed(one, what) : one));
  }
}

type Change = Extract<UploadHappening, { type: "progress" | "done" | "failed" | "again" }>;

function changed(one: Upload, what: Change): Upload {
  switch (what.type) {
    case "progress":
      return { ...one, progress: what.to };
    case "done":
      return { ...one, state: "done", progress: 1, attachment: what.attachment };
    case "failed":
      return { ...one, state: "failed", why: what.why };
    case "again":
      return { ...one, state: "uploading", progress: 0, why: null };
  }
}
