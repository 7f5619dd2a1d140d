/** What a person does about themselves over HTTP, one method a deed; signing in is not here. */
import type { Account as Own, OwnSettings, Session, SettingsPatch, User } from "parley-sdk";
import type { House } from "../house.ts";
import type { Deed } from "../words.ts";
import type { Ask } from "./affairs.ts";
import { shrunk } from "./shrink.ts";

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

  /** Be shown with a picture. */
  async picture(image: Blob): Promise<boolean> {
    return this.#done("change picture", async ({ api, store }) => {
      const user = await api.setAvatar(await shrunk(image));
      store.dispatch({ type: "users", users: [user] });
    });
  }

  /** Be shown without one. */
  async removePicture(): Promise<boolean> {
    return this.#done("change picture", async ({ api, store }) => {
      await api.removeAvatar();
      store.dispatch({ type: "users", users: [{ ...store.state.me, avatar: null }] });
    });
  }

  /** Give where one is signed in. */
  async devices(): Promise<readonly Session[] | null> {
    return this.#ask("list devices", (house) => house.api.sessions());
  }

  /** Sign one device out. */
  async endDevice(session: string): Promise<boolean> {
    return this.#done("sign out device", (house) => house.api.endSession(session));
  }

  /** Sign all others out; this device stays. */
  async endOthers(): Promise<boolean> {
    return this.#done("sign out device", (house) => house.api.endSessions());
  }

  /** Choose another password, which signs out everywhere else. */
  async changePassword(current: string, next: string): Promise<boolean> {
    return this.#done("change password", (house) => house.api.changePassword(current, next));
  }

  /** Give one's own account, with what others are not shown. */
  async own(): Promise<Own | null> {
    return this.#ask("look at account", (house) => house.api.account());
  }

  /** Say where a link for a new password may be sent; null: nowhere. */
  async setEmail(email: string | null, password: string): Promise<boolean> {
    return this.#done("change mail", (house) => house.api.setEmail(email, password));
  }

  /** Put one's account out of use: every device is signed out, this one too. */
  async leave(password: string): Promise<boolean> {
    return this.#done("leave here", (house) => house.api.deactivate(password));
  }

  /** Give what one has settled for oneself. */
  async settings(): Promise<OwnSettings | null> {
    return this.#ask("settle", (house) => house.api.settings());
  }

  /** Settle something else; what is left out stays. */
  async settle(change: SettingsPatch): Promise<OwnSettings | null> {
    return this.#ask("settle", (house) => house.api.settle(change));
  }

  /** Whether this browser is told of things while Parley is closed. */
  async pushed(): Promise<boolean | null> {
    return this.#ask("push", async (house) => house.pushing.on);
  }

  /** Have this browser told of things while Parley is closed, or no more; null: it failed. */
  async push(wanted: boolean): Promise<boolean | null> {
    return this.#ask("push", async (house) => {
      if (wanted) return house.pushing.start();
      await house.pushing.quit();
      return false;
    });
  }

  /** Fold what somebody says from now on; they are not told. */
  async block(user: User): Promise<boolean> {
    return this.#done("block", async (house) => {
      await house.api.block(user.id);
      house.store.dispatch({ type: "users", users: [user] });
      house.store.dispatch({ type: "block", user: user.id, blocked: true });
    });
  }

  /** Show again what somebody says. */
  async unblock(user: string): Promise<boolean> {
    return this.#done("block", async (house) => {
      await house.api.unblock(user);
      house.store.dispatch({ type: "block", user, blocked: false });
    });
  }

  async #done(deed: Deed, work: (house: House) => Promise<unknown>): Promise<boolean> {
    const done = await this.#ask(deed, async (house) => {
      await work(house);
      return true;
    });
    return done === true;
  }
}
