/**
 * What the links of a message lead to, as those pages say: words, and nothing of it is markup. An
 * icon and a picture came with them, so nobody is asked for these.
 */
import type { LinkPreview } from "parley-sdk";

interface PreviewsProps {
  previews: readonly LinkPreview[];
  /** The keyboard is at the message. */
  current: boolean;
}

/** All of them; where a link leads is told by its address, whatever the page calls itself. */
export function Previews({ previews, current }: PreviewsProps) {
  return (
    <ul class="previews" aria-label="Links">
      {previews.map(({ url, title, description, site, icon, thumbnail }) => (
        <li key={url} class="preview">
          {thumbnail !== undefined && (
            <img class="thumbnail" src={`data:image/webp;base64,${thumbnail}`} alt="" />
          )}
          <div>
            <p class="where">
              {icon !== undefined && (
                <img src={`data:image/webp;base64,${icon}`} alt="" width={16} height={16} />
              )}
              {site !== undefined && <bdi>{site}</bdi>} <bdi dir="ltr">{hostOf(url)}</bdi>
            </p>
            <a
              href={url}
              target="_blank"
              rel="noopener noreferrer nofollow"
              title={url}
              dir="auto"
              tabIndex={current ? 0 : -1}
            >
              {title}
            </a>
            {description !== undefined && <p dir="auto">{description}</p>}
          </div>
        </li>
      ))}
    </ul>
  );
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
}
