/** Which paths are pages of a link, and what their secret is. */
import { expect, test } from "vitest";
import { linkOf } from "../../src/views/ByLink.tsx";

test("the secret is what stands behind the #, which no server is sent", () => {
  expect(linkOf("/invite", "#i_abc")).toEqual({ page: "invite", secret: "i_abc" });
  expect(linkOf("/reset/", "#p_abc")).toEqual({ page: "reset", secret: "p_abc" });
  expect(linkOf("/reset", "")).toEqual({ page: "reset", secret: "" });
});

test("every other path is a place of the application", () => {
  for (const path of ["/", "/rooms/r1", "/resets", "/invite/x"]) {
    expect(linkOf(path, "#i_abc")).toBeNull();
  }
});
