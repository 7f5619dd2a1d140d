/** The files of a message: images in a grid, films and sounds to be played, the others to be saved. */
import type { Attachment, SignedMedia } from "parley-sdk";
import type { TargetedEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { sizeWords } from "../words.ts";
import { useActions } from "./actions.ts";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./Icon.tsx";

/** An image is shown no larger than this in a message; the style sheet bounds it, too. */
const EDGE = 320;
/** More often than a URL is about to end. */
const LOOK_MS = 20_000;
const SHOWN = /^image\/(png|jpeg|gif|webp|avif)$/;

interface AttachmentsProps {
  files: readonly Attachment[];
  /** The keyboard is at the message. */
  current: boolean;
}

/** All of them. */
export function Attachments({ files, current }: AttachmentsProps) {
  const [open, setOpen] = useState<number | null>(null);
  const images = files.filter(isImage);
  const others = files.filter((file) => !isImage(file));
  return (
    <div class="attached">
      {images.length > 0 && (
        <ul class="images" aria-label="Images">
          {images.map((file, at) => (
            <li key={file.id}>
              <Picture file={file} current={current} onOpen={() => setOpen(at)} />
            </li>
          ))}
        </ul>
      )}
      {others.map((file) => (
        <Other key={file.id} file={file} current={current} />
      ))}
      {open !== null && <Lightbox images={images} first={open} onClose={() => setOpen(null)} />}
    </div>
  );
}

function isImage({ mime }: Attachment): boolean {
  return SHOWN.test(mime);
}

/**
 * Where a file is, as soon as it is known. It stays so, for else it would be loaded again, unless
 * that URL is `spent`.
 */
function useSigned(id: string, spent: string | null = null): SignedMedia | null {
  const { viewing } = useActions();
  const [signed, setSigned] = useState(() => viewing.of(id));
  useEffect(() => {
    const look = () =>
      setSigned((former) => (former && former.url !== spent ? former : viewing.of(id)));
    look();
    return viewing.subscribe(look);
  }, [viewing, id, spent]);
  return signed;
}

/** The same, always good for a while: for what is loaded when somebody asks for it. */
function useFresh(id: string): SignedMedia | null {
  const { viewing } = useActions();
  const [signed, setSigned] = useState(() => viewing.of(id));
  useEffect(() => {
    const look = () => setSigned((former) => viewing.of(id) ?? former);
    look();
    const looking = setInterval(look, LOOK_MS);
    const leave = viewing.subscribe(look);
    return () => {
      clearInterval(looking);
      leave();
    };
  }, [viewing, id]);
  return signed;
}

interface PictureProps {
  file: Attachment;
  current: boolean;
  onOpen: () => void;
}

/** An image, in the room that it will take; a few of its pixels until the rest is there. */
function Picture({ file, current, onOpen }: PictureProps) {
  const { viewing } = useActions();
  const signed = useSigned(file.id);
  const [there, setThere] = useState(false);
  const scale = Math.min(1, EDGE / Math.max(file.width ?? EDGE, file.height ?? EDGE));
  const size = {
    width: Math.max(1, Math.round((file.width ?? EDGE) * scale)),
    height: Math.max(1, Math.round((file.height ?? EDGE) * scale)),
  };
  const animated = file.mime === "image/gif";
  return (
    <button
      type="button"
      class="picture-button"
      aria-label={`Show image ${file.name}`}
      aria-haspopup="dialog"
      tabIndex={current ? 0 : -1}
      onClick={onOpen}
    >
      {!there && file.preview !== undefined && (
        <img class="hint" src={`data:image/webp;base64,${file.preview}`} alt="" {...size} />
      )}
      {signed ? (
        <img
          class={there ? "there" : "coming"}
          src={animated ? signed.url : (signed.thumb_url ?? signed.url)}
          alt={file.name}
          loading="lazy"
          onLoad={() => setThere(true)}
          onError={() => viewing.failed(file.id)}
          {...size}
        />
      ) : (
        <span class="coming">{file.name}</span>
      )}
    </button>
  );
}

/** A film, a sound, or whatever else. */
function Other({ file, current }: { file: Attachment; current: boolean }) {
  const kind = file.mime.split("/")[0];
  if (kind === "video" || kind === "audio")
    return <Player file={file} kind={kind} current={current} />;
  return <Saved file={file} current={current} />;
}

interface PlayerProps {
  file: Attachment;
  kind: "video" | "audio";
  current: boolean;
}

/** A film or a sound. One that is played for longer than its URL is good goes on by another. */
function Player({ file, kind, current }: PlayerProps) {
  const { viewing } = useActions();
  const [spent, setSpent] = useState<string | null>(null);
  const signed = useSigned(file.id, spent);
  const place = useRef({ at: 0, playing: false });
  if (!signed) return <Saved file={file} current={current} />;
  const broke = ({ currentTarget: player }: TargetedEvent<HTMLMediaElement>) => {
    place.current = { at: player.currentTime, playing: !player.paused };
    setSpent(signed.url);
    viewing.renew(file.id);
  };
  const begins = ({ currentTarget: player }: TargetedEvent<HTMLMediaElement>) => {
    const { at, playing } = place.current;
    if (at > 0) player.currentTime = at;
    // A browser may want to be asked by a person first.
    if (playing) player.play().catch(() => {});
  };
  const played = {
    src: signed.url,
    "aria-label": file.name,
    controls: true,
    preload: "metadata",
    onError: broke,
    onLoadedMetadata: begins,
  } as const;
  // biome-ignore lint/a11y/useMediaCaption: whoever sent it made none
  if (kind === "video") return <video {...played} />;
  return (
    <div class="sound">
      <bdi>{file.name}</bdi>
      {/* biome-ignore lint/a11y/useMediaCaption: whoever sent it made none */}
      <audio {...played} />
    </div>
  );
}

interface SavedProps {
  file: Attachment;
  current: boolean;
}

/** A file to be saved, by a URL that is good when it is asked for. */
function Saved({ file, current }: SavedProps) {
  const signed = useFresh(file.id);
  const what = (
    <>
      <Icon name="file" />
      <bdi>{file.name}</bdi> <span class="muted">{sizeWords(file.size)}</span>
    </>
  );
  if (!signed) return <span class="saved">{what}</span>;
  return (
    <a class="saved" href={signed.url} download={file.name} tabIndex={current ? 0 : -1}>
      {what}
    </a>
  );
}

interface LightboxProps {
  images: readonly Attachment[];
  first: number;
  onClose: () => void;
}

/** One image as large as the page lets it be; the arrows lead to the others. */
function Lightbox({ images, first, onClose }: LightboxProps) {
  const [at, setAt] = useState(first);
  const file = images[at];
  const signed = useSigned(file?.id ?? "");
  const turn = (by: number) => setAt((at + by + images.length) % images.length);
  if (!file) return null;
  const pressed = (event: KeyboardEvent) => {
    // The list of messages, which it is in, has its own mind about these keys.
    event.stopPropagation();
    if (event.key === "ArrowLeft") turn(-1);
    if (event.key === "ArrowRight") turn(1);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrows do what the buttons do
    <div onKeyDown={pressed}>
      <Dialog title={file.name} class="lightbox" onClose={onClose}>
        <div class="stage">
          {signed && <img key={file.id} src={signed.url} alt={file.name} />}
          <p class="below">
            {images.length > 1 && (
              <>
                <button type="button" onClick={() => turn(-1)}>
                  Previous
                </button>
                <span>
                  {at + 1} of {images.length}
                </span>
                <button type="button" onClick={() => turn(1)}>
                  Next
                </button>
              </>
            )}
            <Saved file={file} current />
          </p>
        </div>
      </Dialog>
    </div>
  );
}
