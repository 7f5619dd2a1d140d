/** The small pictures on buttons; what a button is called is said beside them. */

const PATHS = {
  clip: "m13.6 9.2-4 4a2.4 2.4 0 0 1-3.4-3.4l5-5a3.6 3.6 0 0 1 5.1 5.1l-5.2 5.2a5 5 0 0 1-7-7l4-4",
  file: "M5.5 3.5h6l3 3v10h-9v-13Zm6 0v3h3",
  bell: "M5 14h10l-1.2-2V8.6a3.8 3.8 0 0 0-7.6 0V12L5 14Zm3.6 2.2a1.5 1.5 0 0 0 2.8 0",
  "bell-off":
    "M5 14h10M13.8 11V8.6a3.8 3.8 0 0 0-6.6-2.5M6.2 9v3L5 14m3.6 2.2a1.5 1.5 0 0 0 2.8 0M3.5 3.5l13 13",
  close: "m5.5 5.5 9 9m0-9-9 9",
  gear: "M10 7.4a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2ZM10 3v2m0 10v2m7-7h-2M5 10H3m11.9-4.9-1.4 1.4M6.5 13.5l-1.4 1.4m9.8 0-1.4-1.4M6.5 6.5 5.1 5.1",
  lock: "M6 9V7a4 4 0 0 1 8 0v2m-9 0h10v7H5V9Z",
  hash: "M8 4 6.6 16M13.4 4 12 16M4.5 8h12M3.5 12h12",
  people:
    "M7.6 9.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2ZM3 15.6c0-2.4 2-3.8 4.6-3.8s4.6 1.4 4.6 3.8m.6-6.2a2.2 2.2 0 1 0-.8-4.2m2 6.8c1.9.3 3 1.6 3 3.4",
  out: "M8.5 4H4.5v12h4M8 10h8.5m-3-3.2 3.2 3.2-3.2 3.2",
  plus: "M10 4.5v11M4.5 10h11",
  search: "M8.8 4.2a4.6 4.6 0 1 0 0 9.2 4.6 4.6 0 0 0 0-9.2Zm3.4 8L16.5 16.5",
  star: "m10 3.6 2 4 4.4.6-3.2 3.1.8 4.4-4-2-4 2 .8-4.4L3.6 8.2 8 7.6l2-4Z",
  // What is done to a message.
  more: "M4.6 10h.1m5.3 0h.1m5.3 0h.1",
  link: "M8.6 11.4a2.9 2.9 0 0 0 4.1 0l2.5-2.5a2.9 2.9 0 1 0-4.1-4.1l-.9.9m1.2 2.9a2.9 2.9 0 0 0-4.1 0l-2.5 2.5a2.9 2.9 0 1 0 4.1 4.1l.9-.9",
  pencil: "m4.2 15.8.7-3.2 7.9-7.9a1.7 1.7 0 0 1 2.5 2.5l-7.9 7.9-3.2.7Zm7.5-10 2.5 2.5",
  pin: "M7.2 3.8h5.6l-.5 5 2.4 2.6H5.3l2.4-2.6-.5-5ZM10 11.4v5",
  reply: "M8.2 5 3.8 9.2l4.4 4.2M4 9.2h6.6c3 0 5.2 1.8 5.2 5.6",
  smile:
    "M10 3.4a6.6 6.6 0 1 0 0 13.2 6.6 6.6 0 0 0 0-13.2ZM7.8 8.2v.4m4.4-.4v.4M7.2 11.8a3.3 3.3 0 0 0 5.6 0",
  trash: "M4.2 5.8h11.6M8 5.6V4h4v1.6m-6.4.3.7 10.1h7.4l.7-10.1M8.6 8.6l.2 4.8m2.6-4.8-.2 4.8",
  unread:
    "M3.6 5.6h9.2m3.6 3.6v5.4H3.6V5.6l6.4 5 2.4-1.9M15.6 3.2a1.9 1.9 0 1 0 0 3.8 1.9 1.9 0 0 0 0-3.8Z",
  back: "M12.5 4.5 7 10l5.5 5.5",
  down: "M10 4.4v11.2m-4.4-4.4 4.4 4.4 4.4-4.4",
  up: "M10 15.6V4.4M5.6 8.8 10 4.4l4.4 4.4",
} as const;

/** What they are called here. */
export type IconName = keyof typeof PATHS;

/** One of them, in the colour of the text around it. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="picture" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
