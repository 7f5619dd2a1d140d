/** The beginning: puts the application on the page. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { App } from "./app.ts";
import { Door } from "./doing/door.ts";
import { isAskedFor, paced } from "./doing/pacing.ts";
import "./style/base.css";
import "./style/composer.css";
import "./style/dialog.css";
import "./style/layout.css";
import "./style/members.css";
import "./style/attached.css";
import "./style/previews.css";
import "./style/message.css";
import "./style/pages.css";
import "./style/popup.css";
import "./style/room.css";
import "./style/sidebar.css";
import { App as Page } from "./views/App.tsx";
import { ActionsProvider } from "./views/actions.ts";
import { ByLink, linkOf } from "./views/ByLink.tsx";

const app = new App();

function Root() {
  const [shell, setShell] = useState(app.shell.state);
  useEffect(() => {
    const show = paced(setShell, isAskedFor);
    show(app.shell.state);
    return app.shell.subscribe(show);
  }, []);
  return (
    <ActionsProvider value={app}>
      <Page shell={shell} />
    </ActionsProvider>
  );
}

const root = document.getElementById("app");
const link = linkOf(location.pathname, location.hash);
if (root && link) {
  // Whoever comes by a link is nobody yet, or somebody who cannot sign in.
  const leave = () => location.replace("/");
  render(<ByLink link={link} door={new Door(location.origin)} leave={leave} />, root);
} else if (root) {
  render(<Root />, root);
  void app.start();
}
// Not for `vite dev`, whose files change under the same name.
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  addEventListener("load", () => void navigator.serviceWorker.register("/sw.js").catch(() => {}));
}
