/** What a person chose for this browser alone: looks and noise; all its tabs have it in common. */
import { Store } from "../store/store.ts";

/** As the system has it, or always the one. */
export type Theme = "system" | "light" | "dark";

/** `desktop`: show a notification outside the page; `sound`: make a noise with it. */
export interface DeviceSettings {
  readonly theme: Theme;
  readonly desktop: boolean;
  readonly sound: boolean;
}

const KEY = "parley device";
const BEGINNING: DeviceSettings = { theme: "system", desktop: false, sound: true };
const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** The settings, kept for as long as the browser keeps them. */
export class Device extends Store<DeviceSettings, Partial<DeviceSettings>> {
  constructor() {
    super(stored(), (now, change) => ({ ...now, ...change }));
    addEventListener("storage", ({ key }) => {
      if (key === KEY) super.dispatch(stored());
    });
    this.subscribe(dress);
    dress(this.state);
  }

  override dispatch(change: Partial<DeviceSettings>): void {
    super.dispatch(change);
    try {
      localStorage.setItem(KEY, JSON.stringify(this.state));
    } catch {
      // Storage is forbidden: it lasts as long as the page.
    }
  }
}

/** Give the settings that a stored text says, one by one; what it does not say is as at first. */
export function settingsOf(text: string | null): DeviceSettings {
  let found: unknown = null;
  try {
    found = JSON.parse(text ?? "null");
  } catch {
    // Somebody else's, or of another version.
  }
  const said: { theme?: unknown; desktop?: unknown; sound?: unknown } =
    typeof found === "object" && found !== null ? found : {};
  return {
    theme: THEMES.find((theme) => theme === said.theme) ?? BEGINNING.theme,
    desktop: typeof said.desktop === "boolean" ? said.desktop : BEGINNING.desktop,
    sound: typeof said.sound === "boolean" ? said.sound : BEGINNING.sound,
  };
}

function stored(): DeviceSettings {
  try {
    return settingsOf(localStorage.getItem(KEY));
  } catch {
    return BEGINNING; // Storage is forbidden.
  }
}

function dress({ theme }: DeviceSettings): void {
  if (theme === "system") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", theme);
}
