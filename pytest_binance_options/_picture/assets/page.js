// The page: a list of tests, failures first, and the one that is open. A test is parsed and drawn
// when it is opened, and never before.
(() => {
  "use strict";

  const ALL = "all";
  const MOST_PRINTED = 50;
  const $ = (id) => document.getElementById(id);
  const { noun, nothing } = $("index").dataset;
  const index = JSON.parse($("index").textContent);
  const bodies = document.getElementsByClassName("record");
  const app = $("app"), list = $("list"), search = $("search"), view = $("view");
  const wide = window.matchMedia("(min-width: 761px)");
  const options = [];
  let shown = [], selected = -1, open = -1, outcome = ALL;

  function el(name, className, ...children) {
    const node = document.createElement(name);
    if (className) node.className = className;
    node.append(...children.filter((child) => child !== null));
    return node;
  }

  const count = (n, one) => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;
  const took = (seconds) => (seconds === null ? "" : seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`);
  const anchor = (n) => `#${encodeURIComponent(index[n].name)}${index[n].attempt > 1 ? `@${index[n].attempt}` : ""}`;

  /** A name as the place where it is, and what it is called there. */
  function parts(name) {
    const at = name.indexOf("::"), slash = name.lastIndexOf("/");
    if (at >= 0) return [name.slice(0, at), name.slice(at + 2)];
    return [name.slice(0, Math.max(0, slash)), name.slice(slash + 1)];
  }

  function option(entry, n) {
    const [where, name] = parts(entry.name);
    const badge = el("span", `badge ${entry.outcome}`);
    badge.setAttribute("role", "img");
    badge.setAttribute("aria-label", entry.outcome);
    const again = entry.attempt > 1 || entry.outcome === "rerun" ? ` (run ${entry.attempt})` : "";
    const node = el(
      "div", "",
      badge, el("span", "name", name + again), el("span", "took", took(entry.seconds)),
      where ? el("span", "where", where) : null,
      entry.says ? el("span", "says", entry.says) : null,
    );
    node.id = `option-${n}`;
    node.title = entry.name;
    node.setAttribute("role", "option");
    node.setAttribute("aria-selected", "false");
    return node;
  }

  function chips() {
    const counts = new Map();
    for (const entry of index) counts.set(entry.outcome, (counts.get(entry.outcome) ?? 0) + 1);
    for (const [name, n] of counts) $("counts").append(el("span", name, `${n.toLocaleString("en")} ${name}`));
    if (counts.size < 2) return;
    for (const name of [ALL, ...counts.keys()]) {
      const chip = el("button", "", name);
      chip.type = "button";
      chip.dataset.outcome = name;
      chip.addEventListener("click", () => {
        outcome = outcome === name ? ALL : name;
        filter();
      });
      $("outcomes").append(chip);
    }
  }

  // As it stands in the page: JSON, in ASCII, with what markup is made of escaped.
  function escaped(text) {
    return JSON.stringify(text).slice(1, -1)
      .replace(/[<>&]|[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean).map((word) => [word, escaped(word)]);
    shown = [];
    index.forEach((entry, n) => {
      let fits = outcome === ALL || entry.outcome === outcome;
      if (fits && words.length) {
        const name = entry.name.toLowerCase();
        let body = null;
        fits = words.every(([word, written]) => {
          if (name.includes(word)) return true;
          body ??= bodies[n].textContent.toLowerCase();
          return body.includes(written);
        });
      }
      options[n].hidden = !fits;
      if (fits) shown.push(n);
    });
    const of = shown.length === index.length ? "" : ` of ${index.length.toLocaleString("en")}`;
    $("found").textContent = index.length ? `${shown.length.toLocaleString("en")}${of} ${noun}${index.length === 1 ? "" : "s"}` : "";
    for (const chip of $("outcomes").children) chip.setAttribute("aria-pressed", String(chip.dataset.outcome === outcome));
  }

  function select(n) {
    options[selected]?.setAttribute("aria-selected", "false");
    selected = n;
    if (n < 0) return;
    options[n].setAttribute("aria-selected", "true");
    list.setAttribute("aria-activedescendant", options[n].id);
    options[n].scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    if (!shown.length) return;
    const at = shown.indexOf(selected);
    const next = at < 0 ? shown[0] : shown[Math.min(shown.length - 1, Math.max(0, at + by))];
    if (wide.matches) show(next);
    else select(next);
  }

  function article(n, printed) {
    const record = JSON.parse(bodies[n].textContent);
    const [where, name] = parts(record.name);
    const badge = el("span", `badge ${record.outcome}`);
    const heading = el("h2", "", where ? el("span", "where", `${where} \u203a `) : null, name.replaceAll("::", " \u203a "));
    const picture = document.createElement("binance-options-picture");
    picture.toggleAttribute("print", printed);
    const again = record.attempt > 1 || record.outcome === "rerun" ? el("span", "", `run ${record.attempt}`) : null;
    const meta = el(
      "p", "meta",
      el("b", "", record.outcome),
      record.mode ? el("span", "", `mode ${record.mode}`) : null,
      record.seconds === null ? null : el("span", "", `took ${took(record.seconds)}`),
      again,
    );
    const node = el("article", "", el("div", "title", badge, heading), meta, picture);
    return [node, () => (picture.record = record), picture];
  }

  function show(n, { remember = true } = {}) {
    select(n);
    if (open === n) {
      app.classList.add("opened");
      return;
    }
    open = n;
    const back = el("button", "", `\u2190 All ${noun}s`);
    back.id = "back";
    back.type = "button";
    back.addEventListener("click", leave);
    const [node, draw] = article(n, false);
    app.classList.add("opened");
    view.replaceChildren(back, node);
    view.scrollTop = 0;
    draw();
    if (remember) history.replaceState(null, "", anchor(n));
  }

  function leave() {
    app.classList.remove("opened");
    open = wide.matches ? open : -1;
    list.focus();
  }

  function enter() {
    if (selected < 0 || options[selected].hidden) step(0);
    if (selected < 0) return;
    show(selected);
    view.querySelector("binance-options-picture").focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const typing = event.target === search;
    if (event.key === "Escape") {
      if (typing && search.value) {
        search.value = "";
        filter();
      } else {
        leave();
      }
    } else if (typing) {
      if (event.key === "ArrowDown") {
        list.focus();
        step(0);
      } else if (event.key === "Enter") {
        enter();
      } else {
        return;
      }
    } else if (event.key === "/") {
      app.classList.remove("opened");
      search.focus();
      search.select();
    } else if (event.key === "?") {
      $("keys").showModal();
    } else if (event.key === "j" || (event.key === "ArrowDown" && document.activeElement === list)) {
      step(1);
    } else if (event.key === "k" || (event.key === "ArrowUp" && document.activeElement === list)) {
      step(-1);
    } else if (event.key === "Enter" && (document.activeElement === list || document.activeElement === document.body)) {
      enter();
    } else {
      return;
    }
    event.preventDefault();
  });

  search.addEventListener("input", filter);
  list.addEventListener("click", (event) => {
    const chosen = event.target.closest("[role=option]");
    if (chosen) show(options.indexOf(chosen));
  });
  $("help").addEventListener("click", () => $("keys").showModal());
  $("days")?.addEventListener("click", () => $("met").showModal());

  // Paper has what failed, or what is open where nothing did.
  window.addEventListener("beforeprint", () => {
    const failures = index.flatMap((entry, n) => (entry.outcome === "failed" || entry.outcome === "error" ? [n] : []));
    const printed = failures.length ? failures.slice(0, MOST_PRINTED) : open >= 0 ? [open] : [];
    const left = failures.length - printed.length;
    $("print").replaceChildren();
    for (const n of printed) {
      const [node, draw] = article(n, true);
      $("print").append(node);
      draw();
    }
    if (left > 0) $("print").append(el("p", "", `${count(left, "failure")} more, in the file itself.`));
  });
  window.addEventListener("afterprint", () => $("print").replaceChildren());

  function byAnchor() {
    return index.findIndex((_, n) => anchor(n) === location.hash);
  }

  window.addEventListener("hashchange", () => {
    const n = byAnchor();
    if (n >= 0) show(n, { remember: false });
  });

  app.hidden = false;
  chips();
  index.forEach((entry, n) => options.push(option(entry, n)));
  list.append(...options);
  filter();
  const linked = location.hash.length > 1 ? byAnchor() : -1;
  if (linked >= 0) show(linked, { remember: false });
  else if (index.length && wide.matches) show(0, { remember: false });
  else if (index.length) select(0);
  else view.append(el("p", "empty", nothing));
  list.focus({ preventScroll: true });
})();
