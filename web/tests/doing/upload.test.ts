/** One upload, as far as it goes without a server. */
import { expect, test } from "vitest";
import { upload } from "../../src/doing/upload_xhr.ts";

test("an upload that was ended before it began sends nothing", async () => {
  const sent = upload("token", "r_tea", new File(["tea"], "tea.txt"), {
    signal: AbortSignal.abort(),
    onProgress: () => {},
  });
  // Without a browser there is no request to make: whatever began one would fail in another way.
  await expect(sent).rejects.toMatchObject({ code: "timeout" });
});
