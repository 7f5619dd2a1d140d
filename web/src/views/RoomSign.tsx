/** What a room is known by at a glance: its picture, else what kind of room it is. */
import type { RoomKind, SignedMedia } from "parley-sdk";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useActions } from "./actions.ts";
import { Icon } from "./Icon.tsx";
import { Pictured } from "./Pictured.tsx";

interface RoomSignProps {
  kind: RoomKind;
  picture: string | null;
}

/** The sign. Its name stands beside it, so it has none of its own. */
export function RoomSign({ kind, picture }: RoomSignProps) {
  const icon = <Icon name={kind === "private" ? "lock" : "hash"} />;
  if (picture === null) return icon;
  return (
    <Picture key={picture} id={picture}>
      {icon}
    </Picture>
  );
}

/** An image; `children` until it is there, and when it cannot be had. */
function Picture({ id, children }: { id: string; children: ComponentChildren }) {
  const { viewing } = useActions();
  const [signed, setSigned] = useState(() => viewing.of(id));
  useEffect(() => {
    // One that is known stays, for else it would be loaded again each time its URL ends.
    const look = () => setSigned((former) => former ?? viewing.of(id));
    look();
    return viewing.subscribe(look);
  }, [viewing, id]);
  const broke = () => {
    setSigned(null);
    viewing.failed(id);
  };
  if (signed === null) return <>{children}</>;
  const src = smallest(signed);
  return (
    <Pictured key={src} class="room-picture" src={src} onBroken={broke}>
      {children}
    </Pictured>
  );
}

/** The smallest there is of an image: it is shown no larger than a line or two. */
function smallest({ url, thumbs }: SignedMedia): string {
  return thumbs[0]?.url ?? url;
}
