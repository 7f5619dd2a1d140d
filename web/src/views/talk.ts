/** What a person can do to what is said in a room, as the views call it; nothing here does it. */

/** Every promise settles without rejecting, having told the user of what went wrong. */
export interface Talk {
  older(room: string): Promise<void>;
  newer(room: string): Promise<void>;
  newest(room: string): void;
  aim(room: string, seq: number): Promise<void>;
  atBottom(room: string, atBottom: boolean): void;
}
