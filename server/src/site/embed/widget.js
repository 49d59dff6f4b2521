// One line about how things are, in the place of the script that loads this. No cookies, nothing is stored.
//   <script async src="https://status.example.org/widget.js" data-lang="en"></script>
(() => {
  const script = document.currentScript;
  const state = new URL("widget.json", script.src);
  if (script.dataset.lang) state.searchParams.set("lang", script.dataset.lang);
  const host = document.createElement("span");
  const root = host.attachShadow({ mode: "open" });
  const looks = document.createElement("link");
  looks.rel = "stylesheet";
  looks.href = new URL("widget.css", script.src);
  const link = document.createElement("a");
  link.target = "_blank";
  link.rel = "noopener";
  root.append(looks, link);
  script.after(host);
  const show = async () => {
    try {
      const answer = await fetch(state, { credentials: "omit" });
      if (!answer.ok) return;
      const now = await answer.json();
      link.href = now.url;
      link.dataset.status = now.status;
      const mark = document.createElement("i");
      mark.setAttribute("aria-hidden", "true");
      link.replaceChildren(mark, now.sentence);
    } catch {
      // What was shown stays; the next look may be luckier.
    }
  };
  show();
  setInterval(() => document.hidden || show(), 60000);
})();
