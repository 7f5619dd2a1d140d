/** An image in the place of something else, which is shown until it is there and when it never is. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

interface PicturedProps {
  src: string;
  /** The class of the image, besides what has become of it: `coming` or `there`. */
  class?: string;
  onBroken: () => void;
  children: ComponentChildren;
}

/** For one `src`: with another one it wants another `key`. What it shows is named beside it. */
export function Pictured({ src, class: of = "", onBroken, children }: PicturedProps) {
  const [phase, setPhase] = useState<"coming" | "there" | "broken">("coming");
  const broke = () => {
    setPhase("broken");
    onBroken();
  };
  return (
    <>
      {phase !== "there" && children}
      {phase !== "broken" && (
        <img
          class={`${of} ${phase}`.trim()}
          src={src}
          alt=""
          loading="lazy"
          draggable={false}
          onLoad={() => setPhase("there")}
          onError={broke}
        />
      )}
    </>
  );
}
