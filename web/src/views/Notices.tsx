/** What went wrong, in sentences that are read out at once and stay until they are dismissed. */
import type { Notice } from "../store/notices.ts";
import { useActions } from "./actions.ts";

/** The sentences, the latest last. */
export function Notices({ notices }: { notices: readonly Notice[] }) {
  const actions = useActions();
  return (
    <div class="notices">
      {notices.map((notice) => (
        <div class="notice" key={notice.id}>
          <p role="alert">{notice.words}</p>
          <button
            type="button"
            class="quiet icon"
            aria-label="Dismiss"
            onClick={() => actions.dismiss(notice.id)}
          >
            <span aria-hidden="true">×</span>
          </button>
        </div>
      ))}
    </div>
  );
}
