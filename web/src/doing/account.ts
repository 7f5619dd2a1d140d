/** What a person does about themselves over HTTP, one method a deed; signing in is not here. */
import type { Ask } from "./affairs.ts";

/** The affairs of one's own account. Null and false: it failed, and the person was told. */
export class Account {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Be shown by another name. */
  async rename(displayName: string): Promise<boolean> {
    const user = await this.#ask("change name", async (house) => {
      const user = await house.api.setDisplayName(displayName);
      house.store.dispatch({ type: "me", me: user });
      return user;
    });
    return user !== null;
  }
}
