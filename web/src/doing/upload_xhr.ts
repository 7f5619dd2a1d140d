/**
 * One upload, with word of how far it is: `fetch` tells nobody. It decides nothing.
 *
 * Source: https://xhr.spec.whatwg.org/#the-upload-attribute
 */
import { type Attachment, ERROR_CODES, type ErrorCode, ProblemError } from "parley-sdk";

/** How an upload is followed and ended. */
export interface Following {
  readonly signal: AbortSignal;
  onProgress(share: number): void;
}

/** Upload a file into a room; rejects with ProblemError, `timeout` where it was ended. */
export async function upload(
  token: string,
  room: string,
  file: File,
  { signal, onProgress }: Following,
): Promise<Attachment> {
  // It may have been ended while its token was waited for.
  if (signal.aborted) throw ended();
  const form = new FormData();
  // First: who may not write there is told before the file is sent.
  form.set("room", room);
  form.set("file", file);
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    const end = () => request.abort();
    signal.addEventListener("abort", end, { once: true });
    request.upload.addEventListener("progress", ({ lengthComputable, loaded, total }) => {
      if (lengthComputable) onProgress(loaded / total);
    });
    request.addEventListener("loadend", () => signal.removeEventListener("abort", end));
    request.addEventListener("load", () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText) as Attachment);
      else reject(problem(request));
    });
    request.addEventListener("error", () =>
      reject(new ProblemError("unavailable", "the upload broke off")),
    );
    request.addEventListener("abort", () => reject(ended()));
    request.open("POST", "/v1/media");
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Accept", "application/json");
    request.send(form);
  });
}

function ended(): ProblemError {
  return new ProblemError("timeout", "it was ended");
}

function problem({ status, responseText }: XMLHttpRequest): ProblemError {
  let code: ErrorCode = status === 413 ? "too_large" : "internal";
  if (status >= 502 && status <= 504) code = "unavailable";
  try {
    const told = JSON.parse(responseText) as { readonly code?: ErrorCode };
    code = ERROR_CODES.find((known) => known === told.code) ?? code;
  } catch {
    // A proxy's page: its status says all there is.
  }
  return new ProblemError(code, `HTTP ${status}`, status);
}
