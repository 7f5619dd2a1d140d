/** The files of the message that one writes: how far each is, and the way to let it be. */
import type { Upload } from "../store/uploads.ts";
import { sizeWords } from "../words.ts";
import { useActions } from "./actions.ts";
import { Icon } from "./Icon.tsx";

interface UploadsProps {
  room: string;
  uploads: readonly Upload[];
}

/** The list; nothing where there is none. */
export function Uploads({ room, uploads }: UploadsProps) {
  if (uploads.length === 0) return null;
  return (
    <ul class="uploads" aria-label="Files to send">
      {uploads.map((one) => (
        <li key={one.id} class={one.state}>
          {one.picture === null ? (
            <Icon name="file" />
          ) : (
            <img class="chosen" src={one.picture} alt="" />
          )}
          <bdi class="name">{one.name}</bdi> <Standing room={room} one={one} />
          <Remove room={room} one={one} />
        </li>
      ))}
    </ul>
  );
}

function Standing({ room, one }: { room: string; one: Upload }) {
  const { files } = useActions();
  if (one.state === "uploading")
    return <progress max={1} value={one.progress} aria-label={`Uploading ${one.name}`} />;
  if (one.state === "done") return <span class="muted">{sizeWords(one.size)}</span>;
  return (
    <span class="failure" role="alert">
      {one.why}{" "}
      <button type="button" onClick={() => files.again(room, one.id)}>
        Try again
      </button>
    </span>
  );
}

function Remove({ room, one }: { room: string; one: Upload }) {
  const { files } = useActions();
  const does = one.state === "uploading" ? "Cancel" : "Remove";
  return (
    <button
      type="button"
      class="quiet icon"
      aria-label={`${does} ${one.name}`}
      title={does}
      onClick={() => files.remove(room, one.id)}
    >
      <Icon name="close" />
    </button>
  );
}
