/** When a browser's network comes or goes, or its tab comes back. Nothing is heard of it elsewhere. */

/** Call `wake` whenever there is reason to doubt a connection, until the answer is called. */
export function onWake(wake: () => void): () => void {
  const silence = new AbortController();
  const { signal } = silence;
  if (typeof window !== "undefined") {
    window.addEventListener("online", wake, { signal });
    window.addEventListener("offline", wake, { signal });
    window.addEventListener("pageshow", wake, { signal });
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState === "visible") wake();
      },
      { signal },
    );
  }
  return () => silence.abort();
}
