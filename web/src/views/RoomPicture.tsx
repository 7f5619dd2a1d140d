/** A room's picture as those see it who may change it. */
import type { Room } from "parley-sdk";
import { useActions } from "./actions.ts";
import { PictureField } from "./PictureField.tsx";
import { RoomSign } from "./RoomSign.tsx";

/** The field. */
export function RoomPicture({ about: { id, kind, picture } }: { about: Room }) {
  const { affairs } = useActions();
  return (
    <PictureField
      has={picture !== null}
      onChosen={(image) => affairs.picture(id, image)}
      onRemove={() => affairs.change(id, { picture: null })}
    >
      <RoomSign kind={kind} picture={picture} />
    </PictureField>
  );
}
