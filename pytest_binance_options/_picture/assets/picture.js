// One record, drawn: the element <binance-options-picture>, whose `record` is what Record.to_json
// gives. Whatever a server or a test has said is set as text, and never read as markup.
(() => {
  "use strict";

  const STYLE = "{{ picture.css }}";
  const SVG = "http://www.w3.org/2000/svg";
  const AXIS = 36, LANE = 44, BAR = 30, MOST_BARS = 6, PAD = 16;
  const NARROWEST = 26, WIDEST = 150;
  const PRINTED = { width: 910, steps: 150 };

  /** An element with attributes and children; a string is text. */
  function el(name, attributes = {}, ...children) {
    const node = document.createElement(name);
    return filled(node, attributes, children);
  }

  function svg(name, attributes = {}, ...children) {
    return filled(document.createElementNS(SVG, name), attributes, children);
  }

  function filled(node, attributes, children) {
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }

  const UNITS = [[86400000, "d"], [3600000, "h"], [60000, "min"], [1000, "s"], [1, "ms"]];

  /** So many ms as people say them; the two biggest units of it where it is `short`. */
  function span(ms, short = false) {
    const parts = [];
    for (const [size, unit] of UNITS) {
      const count = Math.floor(ms / size);
      ms -= count * size;
      if (count) parts.push(`${count} ${unit}`);
    }
    return (short ? parts.slice(0, 2) : parts).join(" ") || "0 ms";
  }

  const number = (n) => n.toLocaleString("en");

  function timeOf(ms, clock) {
    if (clock === "recording") return `+${(ms / 1000).toFixed(3)} s`;
    return new Date(ms).toISOString().slice(11, 23);
  }

  const dayOf = (ms, clock) => (clock === "recording" ? "" : new Date(ms).toISOString().slice(0, 10));

  /** Where each moment stands: columns, each with its place in units, and rows within the lanes. */
  function layout(picture) {
    const { moments, spans, rounds } = picture;
    const columns = [], columnOf = [];
    const ends = moments.map((moment) => moment.until ?? moment.at);
    for (const round of rounds) ends[round.last] = Math.max(ends[round.last], round.until);
    let place = 0, end = 0;
    moments.forEach((moment, i) => {
      const cut = picture.leftOut > 0 && i === picture.gap;
      if (moment.joined && i && !cut) {
        columnOf[i] = columns.length - 1;
      } else {
        const wait = i ? Math.max(0, moment.at - end) : 0;
        if (i) place += 1 + (wait ? Math.min(1.4, 0.16 * Math.log2(1 + wait / 10)) : 0) + (cut ? 1.6 : 0);
        columnOf[i] = columns.push({ place, wait: cut ? 0 : wait, at: moment.at, moments: [], cut }) - 1;
      }
      columns[columnOf[i]].moments.push(i);
      end = Math.max(ends[i], i ? end : 0);
    });

    // What lasts gets a row of its own for as long as it lasts.
    const rows = new Map(picture.lanes.map((lane) => [lane.key, []]));
    const rowOf = [];
    spans.forEach((each, i) => {
      const taken = rows.get(each.lane) ?? [];
      const last = each.last === null ? Infinity : columnOf[each.last];
      let row = taken.findIndex((free) => free <= columnOf[each.first]);
      if (row < 0) row = Math.min(taken.length, MOST_BARS - 1);
      taken[row] = Math.max(taken[row] ?? 0, last);
      rowOf[i] = row;
    });
    let y = AXIS;
    const lanes = picture.lanes.map((lane) => {
      const bars = rows.get(lane.key).length;
      const height = bars ? Math.max(LANE, bars * BAR + 12) : LANE;
      y += height;
      return { ...lane, bars, height, y: y - height };
    });
    return { columns, columnOf, rowOf, lanes, height: y + (rounds.length ? 20 : 8), units: place + 1.3 };
  }

  /** A picture's timeline as an element, which steps from moment to moment. */
  class Timeline {
    constructor(record, chosen) {
      this.record = record;
      this.picture = record.picture;
      this.chosen = chosen;
      this.layout = layout(this.picture);
      this.zoom = 1;
      this.at = -1;
      this.scroll = el("div", { class: "scroll" });
      this.tip = el("div", { class: "tip", hidden: true });
      const names = el("div", { class: "names", "aria-hidden": "true" });
      for (const lane of this.layout.lanes) {
        const name = el("div", { "data-lane": lane.key }, lane.title);
        name.style.top = `${lane.y}px`;
        name.style.height = `${lane.height}px`;
        names.append(name);
      }
      this.element = el(
        "div",
        {
          class: "timeline", tabindex: "0", role: "group",
          "aria-label": `Timeline of ${number(this.picture.steps)} steps in ${this.layout.lanes.length} lanes. Left and right go from step to step.`,
        },
        names, this.scroll, this.tip,
      );
      this.element.addEventListener("keydown", (event) => this.key(event));
      this.scroll.addEventListener("pointermove", (event) => this.point(event));
      this.scroll.addEventListener("pointerleave", () => this.hover(-1));
      this.scroll.addEventListener("click", (event) => this.choose(this.columnAt(event)));
      this.scroll.addEventListener("wheel", (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.zoomBy(event.deltaY < 0 ? 1.25 : 0.8, this.columnAt(event));
      }, { passive: false });
    }

    /** Draw it as wide as there is room for, or wider where it would be too dense. */
    draw(width = this.scroll.clientWidth || PRINTED.width, narrowest = NARROWEST) {
      const { columns, lanes, height, units } = this.layout;
      const fit = (width - 2 * PAD) / units;
      this.unit = Math.min(Math.max(fit, narrowest), WIDEST) * this.zoom;
      const wide = Math.max(width, Math.ceil(units * this.unit + 2 * PAD));
      this.x = columns.map((column) => PAD + 6 + column.place * this.unit);
      this.wide = wide;
      const root = svg("svg", { width: wide, height, viewBox: `0 0 ${wide} ${height}`, "aria-hidden": "true" });
      root.append(svg("defs", {}, svg("pattern", { id: "hatch", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, svg("line", { x1: 0, x2: 0, y1: 0, y2: 7, class: "grid" }))));
      for (const lane of lanes) {
        root.append(svg("rect", { class: "band", x: 0, y: lane.y, width: wide, height: lane.height }));
        root.append(svg("line", { class: "grid", x1: 0, x2: wide, y1: lane.y, y2: lane.y }));
      }
      this.axis(root);
      this.breaks(root);
      this.bars(root);
      this.marks(root);
      this.hair = svg("line", { class: "hair", y1: AXIS - 6, y2: height, visibility: "hidden" });
      root.append(this.hair);
      this.scroll.replaceChildren(root);
    }

    axis(root) {
      const { clock } = this.record;
      const { columns, height } = this.layout;
      let free = 0, before = null;
      columns.forEach((column, i) => {
        const x = this.x[i];
        if (before !== null && column.wait >= 1000) {
          const from = this.x[i - 1], room = x - from;
          const said = span(column.wait, true);
          if (room > said.length * 5.4 + 12) {
            root.append(svg("text", { class: "wait", x: (from + x) / 2, y: 12, "text-anchor": "middle" }, said));
            root.append(svg("line", { class: "jump", x1: from + 6, x2: x - 6, y1: 17.5, y2: 17.5 }));
          }
        }
        const said = timeOf(column.at, clock);
        if (said !== before && x >= free) {
          root.append(svg("line", { class: "grid", x1: x, x2: x, y1: AXIS - 5, y2: height }));
          root.append(svg("text", { class: "tick", x: x - 4, y: AXIS - 8 }, said));
          free = x + said.length * 6.3 + 10;
          before = said;
        } else if (said !== before) {
          before = said;
        }
      });
    }

    breaks(root) {
      const { picture } = this;
      const { columns, columnOf, height } = this.layout;
      for (const round of picture.rounds) {
        const x = this.x[columnOf[round.first]] - 9;
        const to = this.x[columnOf[round.last]] + Math.max(18, this.unit * 0.8);
        root.append(svg("rect", { class: "round", x, y: AXIS - 2, width: to - x, height: height - AXIS - 2, rx: 6 }));
        root.append(svg("text", { class: "times", x: to - 5, y: height - 7, "text-anchor": "end" }, `\u21bb ${number(round.times)} times`));
      }
      columns.forEach((column, i) => {
        if (!column.cut) return;
        const to = this.x[i] - 14, x = (this.x[i - 1] ?? 0) + this.unit * 0.8;
        root.append(svg("rect", { class: "gap", x, y: AXIS, width: Math.max(8, to - x), height: height - AXIS }));
        root.append(svg("text", { class: "times", x: (x + to) / 2, y: AXIS + 14, "text-anchor": "middle" }, `${number(picture.leftOut)} left out`));
      });
    }

    bars(root) {
      const { picture } = this;
      const { columnOf, rowOf, lanes } = this.layout;
      picture.spans.forEach((each, i) => {
        const lane = lanes.find((one) => one.key === each.lane);
        const x = this.x[columnOf[each.first]];
        const to = each.last === null ? this.wide + 4 : this.x[columnOf[each.last]];
        const y = this.rowY(lane, rowOf[i]) - 10;
        const group = svg("g", { "data-lane": each.lane });
        group.append(svg("rect", { class: "bar", x, y, width: Math.max(2, to - x), height: 20, rx: 5 }));
        const next = picture.moments.findIndex((moment, m) => m > each.first && moment.span === each.name && columnOf[m] > columnOf[each.first]);
        const room = (next < 0 ? to : Math.min(to, this.x[columnOf[next]])) - x - 18;
        const said = each.name + (each.times ? ` \u00d7${number(each.times)}` : "");
        label(group, said, x + 10, y + 14, room, "in");
        root.append(group);
      });
    }

    rowY(lane, row) {
      if (!lane.bars) return lane.y + lane.height / 2;
      return lane.y + lane.height / 2 + (row - (lane.bars - 1) / 2) * BAR;
    }

    marks(root) {
      const { picture } = this;
      const { columnOf, rowOf, lanes, height } = this.layout;
      const byKey = new Map(lanes.map((lane) => [lane.key, lane]));
      const nextInRow = new Map();
      const drawn = [];
      for (let i = picture.moments.length - 1; i >= 0; i--) {
        const moment = picture.moments[i];
        const lane = byKey.get(moment.lane);
        const column = columnOf[i];
        const found = picture.spans.findIndex((each) => each.name === moment.span && each.lane === moment.lane
          && columnOf[each.first] <= column && (each.last === null || columnOf[each.last] >= column));
        const row = found < 0 ? 0 : rowOf[found];
        const place = `${lane.key} ${row}`;
        const x = this.x[column], y = this.rowY(lane, row);
        const room = (nextInRow.get(place) ?? this.wide + 6) - x - 20;
        nextInRow.set(place, x);
        const group = svg("g", { class: moment.tone ?? "plain", "data-lane": moment.lane });
        if (lane.key === "test" && moment.tone === "bad") {
          group.append(svg("line", { class: "failed", x1: x, x2: x, y1: AXIS - 2, y2: height }));
        }
        group.append(mark(moment.tone, x, y));
        const times = moment.times ? ` \u00d7${number(moment.times)}` : "";
        if (found < 0) {
          const lower = moment.sub ? y - 2 : y + 4;
          label(group, moment.label + times, x + 9, lower, room, "label");
          if (moment.sub) label(group, moment.sub, x + 9, y + 11, room, "sub");
        } else if (picture.spans[found].last === i) {
          label(group, (moment.sub ?? moment.label) + times, x + 10, y + 4, room, "sub");
        } else if (picture.spans[found].first !== i || moment.tone === "warn") {
          const named = picture.spans[found].first === i ? picture.spans[found].name.length * 6.4 + 8 : 0;
          label(group, (moment.sub ?? moment.label) + times, x + 9 + named, y + 4, room - named, "sub");
        }
        drawn.push(group);
      }
      root.append(...drawn.reverse());
    }

    columnAt(event) {
      const svgBox = this.scroll.firstElementChild.getBoundingClientRect();
      const x = event.clientX - svgBox.left;
      let best = -1, distance = Infinity;
      this.x.forEach((each, i) => {
        const off = Math.abs(each - x);
        if (off < distance) [best, distance] = [i, off];
      });
      return best;
    }

    point(event) {
      if (event.pointerType !== "touch") this.hover(this.columnAt(event));
    }

    hover(column) {
      const shown = column < 0 ? this.at : column;
      if (shown < 0) {
        this.hair.setAttribute("visibility", "hidden");
      } else {
        this.hair.setAttribute("visibility", "visible");
        this.hair.setAttribute("x1", this.x[shown]);
        this.hair.setAttribute("x2", this.x[shown]);
      }
      this.tip.hidden = column < 0;
      if (column < 0) return;
      const { moments } = this.picture;
      const { clock } = this.record;
      const here = this.layout.columns[column];
      this.tip.replaceChildren(
        el("span", { class: "time" }, timeOf(here.at, clock)),
        ...here.moments.map((i) => el("p", { "data-lane": moments[i].lane }, moments[i].text)),
      );
      const box = this.element.getBoundingClientRect(), into = this.scroll.getBoundingClientRect();
      const x = into.left - box.left + this.x[column] - this.scroll.scrollLeft;
      const right = x > box.width / 2;
      this.tip.style.left = right ? "auto" : `${x + 14}px`;
      this.tip.style.right = right ? `${box.width - x + 14}px` : "auto";
      this.tip.style.top = `${AXIS + 2}px`;
    }

    /** Go to a column: here, and in the log. */
    choose(column) {
      if (column < 0) return;
      this.at = Math.min(column, this.x.length - 1);
      const x = this.x[this.at];
      const { scrollLeft, clientWidth } = this.scroll;
      if (x < scrollLeft + 30 || x > scrollLeft + clientWidth - 60) this.scroll.scrollLeft = x - clientWidth / 2;
      this.hover(this.at);
      this.chosen(this.layout.columns[this.at].moments);
    }

    zoomBy(factor, around = this.at) {
      this.zoom = factor === 0 ? 1 : Math.min(8, Math.max(0.2, this.zoom * factor));
      const before = around >= 0 ? this.x[around] - this.scroll.scrollLeft : 0;
      this.draw();
      if (around >= 0) this.scroll.scrollLeft = this.x[around] - before;
      this.hover(-1);
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const last = this.x.length - 1;
      const steps = { ArrowRight: this.at + 1, ArrowLeft: Math.max(0, this.at - 1), Home: 0, End: last };
      const factors = { "+": 1.25, "=": 1.25, "-": 0.8, 0: 0 };
      if (event.key in steps) {
        this.choose(Math.min(last, steps[event.key]));
      } else if (event.key in factors) {
        this.zoomBy(factors[event.key]);
      } else {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /** A mark: its shape tells the tone as well as its colour does. */
  function mark(tone, x, y) {
    if (tone === "bad") {
      return svg("path", { class: "mark", d: `M${x - 5.5} ${y - 2.5}l3-3 2.5 2.5 2.5-2.5 3 3-2.5 2.5 2.5 2.5-3 3-2.5-2.5-2.5 2.5-3-3 2.5-2.5z` });
    }
    if (tone === "warn") return svg("path", { class: "mark", d: `M${x} ${y - 6.5}l6.5 11.5h-13z` });
    return svg("circle", { class: "mark", cx: x, cy: y, r: 5 });
  }

  /** Text as far as there is room for it, by and large; none where there is next to none. */
  function label(group, text, x, y, room, kind) {
    const fits = Math.floor(room / 6.1);
    if (fits < 3 && text.length > fits) return;
    const shown = text.length <= fits ? text : `${text.slice(0, fits - 1)}\u2026`;
    group.append(svg("text", { class: kind, x, y }, shown));
  }

  function error(record) {
    if (!record.error) return null;
    const lines = record.error.split("\n");
    const pre = el("pre", { tabindex: "0" });
    lines.forEach((line, i) => {
      const text = line + (i < lines.length - 1 ? "\n" : "");
      pre.append(/^E(\s|$)/.test(line) ? el("span", { class: "cause" }, text) : text);
    });
    const first = record.summary || lines.find((line) => line.trim()) || "";
    return el("details", { class: "error", open: true }, el("summary", {}, first), pre);
  }

  /** Everything that happened in words, a line each. */
  function log(record, most = Infinity) {
    const { picture, clock } = record;
    const titles = new Map(picture.lanes.map((lane) => [lane.key, lane.title]));
    const list = el("ol", { class: "log" });
    const rows = [];
    const rounds = new Map(picture.rounds.map((round) => [round.last, round]));
    const inRound = (i) => picture.rounds.some((round) => round.first <= i && i <= round.last);
    let before = null, day = "";
    picture.moments.forEach((moment, i) => {
      const left = picture.moments.length - most;
      if (left > 0 && i >= most / 2 && i < most / 2 + left) {
        if (i === most / 2) list.append(el("li", { class: "missing" }, `${number(left)} lines more, in the file itself.`));
        return;
      }
      if (picture.leftOut && i === picture.gap) {
        list.append(el("li", { class: "missing" }, `${number(picture.leftOut)} of ${number(picture.steps)} steps are left out here. ${record.rest ?? ""}`));
      }
      const today = dayOf(moment.at, clock);
      if (today && today !== day) list.append(el("li", { class: "day" }, (day = today)));
      const after = before === null ? 0 : moment.at - before;
      before = moment.until ?? moment.at;
      const text = el("span", { class: "text" }, moment.text);
      if (moment.times) {
        const until = moment.until > moment.at ? `, until ${timeOf(moment.until, clock)}` : "";
        text.append(el("span", { class: "times" }, ` \u00d7${number(moment.times)}${until}`));
      }
      const row = el(
        "div", { class: `row ${moment.tone ?? "plain"}`, "data-lane": moment.lane },
        el("span", { class: "time" }, timeOf(moment.at, clock)),
        el("span", { class: "after" }, after > 0 ? `+${span(after, true)}` : ""),
        el("span", { class: "lane" }, titles.get(moment.lane)),
        text,
        moment.detail ? el("div", { class: "detail" }, moment.detail) : null,
      );
      const item = el("li", inRound(i) ? { class: "in-round" } : {}, row);
      rows.push(item);
      list.append(item);
      const round = rounds.get(i);
      if (round) {
        before = round.until;
        const until = dayOf(round.until, clock) === day ? "" : `${dayOf(round.until, clock)} `;
        list.append(el("li", { class: "again in-round" }, `\u21bb these ${round.last - round.first + 1}, ${number(round.times)} times, until ${until}${timeOf(round.until, clock)}`));
      }
    });
    return { list, rows };
  }

  class Picture extends HTMLElement {
    #record = null;
    #watch = null;

    /** What is drawn: the value, or in markup the JSON in the attribute of the same name. */
    set record(record) {
      this.#record = record;
      if (this.isConnected) this.#draw();
    }

    get record() {
      return this.#record;
    }

    connectedCallback() {
      const given = this.getAttribute("record");
      if (this.#record === null && given !== null) this.#record = JSON.parse(given);
      if (this.#record !== null) this.#draw();
    }

    disconnectedCallback() {
      this.#watch?.disconnect();
    }

    focus(options) {
      (this.shadowRoot?.querySelector(".timeline") ?? this.shadowRoot?.querySelector("pre"))?.focus(options);
    }

    #draw() {
      const record = this.#record;
      const printed = this.hasAttribute("print");
      const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
      root.replaceChildren();
      if (record.hints.length) {
        root.append(el("ul", { class: "hints", "aria-label": "Hints" }, ...record.hints.map((hint) => el("li", {}, hint))));
      }
      const failed = error(record);
      if (failed) {
        root.append(failed);
        const pre = failed.lastChild, cause = pre.querySelector(".cause");
        if (cause) pre.scrollTop = cause.offsetTop - pre.offsetTop - pre.clientHeight / 2;
      }
      if (record.facts.length) root.append(el("ul", { class: "facts" }, ...record.facts.map((fact) => el("li", {}, fact))));
      this.#watch?.disconnect();
      if (!record.picture.moments.length) {
        root.append(el("p", { class: "nothing" }, "Nothing was asked, and nobody connected."));
        return;
      }
      const { list, rows } = log(record, printed ? PRINTED.steps : undefined);
      const here = [];
      const timeline = new Timeline(record, (moments) => {
        for (const row of here.splice(0)) row.classList.remove("here");
        for (const moment of moments) {
          rows[moment].classList.add("here");
          here.push(rows[moment]);
        }
        said.textContent = moments.map((moment) => record.picture.moments[moment].text).join("; ");
        rows[moments[0]].scrollIntoView({ block: "nearest" });
      });
      const said = el("p", { class: "said", "aria-live": "polite" });
      const clocks = { exchange: "on the exchange\u2019s clock, UTC", real: "of real time, UTC", recording: "of recorded time" };
      const { moments } = record.picture;
      const whole = Math.max(...moments.map((m) => m.until ?? m.at), ...record.picture.rounds.map((r) => r.until)) - moments[0].at;
      const zoom = (sign, name, factor) => {
        const button = el("button", { type: "button", "aria-label": name, title: name }, sign);
        button.addEventListener("click", () => timeline.zoomBy(factor));
        return button;
      };
      root.append(
        el("div", { class: "heading" },
          el("h3", {}, "Timeline"),
          el("span", { class: "note" }, `${span(whole, true)} ${clocks[record.clock]}`),
          el("span", { class: "zoom" }, zoom("\u2212", "Zoom out", 0.8), zoom("Fit", "Fit", 0), zoom("+", "Zoom in", 1.25))),
        timeline.element,
        el("div", { class: "heading" }, el("h3", {}, "What happened"), el("span", { class: "note" }, `${number(record.picture.steps)} steps`)),
        list,
        said,
      );
      if (printed) {
        timeline.draw(PRINTED.width, 0);
        return;
      }
      timeline.draw();
      const bad = moments.findIndex((moment) => moment.tone === "bad");
      if (bad >= 0) timeline.scroll.scrollLeft = timeline.x[timeline.layout.columnOf[bad]] - timeline.scroll.clientWidth / 2;
      let width = timeline.scroll.clientWidth;
      this.#watch = new ResizeObserver(() => {
        const now = timeline.scroll.clientWidth;
        if (now !== width && now) timeline.draw((width = now));
      });
      this.#watch.observe(timeline.scroll);
    }
  }

  if (!customElements.get("binance-options-picture")) customElements.define("binance-options-picture", Picture);
})();
