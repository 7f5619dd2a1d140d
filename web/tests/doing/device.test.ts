import { describe, expect, test } from "vitest";
import { settingsOf } from "../../src/doing/device.ts";

const BEGINNING = { theme: "system", desktop: false, sound: true };

describe("the settings of a device", () => {
  test("are read again as they were written", () => {
    const settings = { theme: "dark", desktop: true, sound: false };
    expect(settingsOf(JSON.stringify(settings))).toEqual(settings);
  });

  test.each([null, "", "no JSON", "null", "7", '{"theme":"pink","desktop":1}'])(
    "are the first ones where %o was stored",
    (text) => {
      expect(settingsOf(text)).toEqual(BEGINNING);
    },
  );
});
