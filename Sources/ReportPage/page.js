// Draws the page of a run. All texts of the run are data: they reach the page as textContent and nothing else.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const outcomes = ["ok", "retried", "error", "timeout", "crash", "killed"];
  const words = { retried: "failed, and tried again", killed: "killed as the run ended" };
  // What is drawn first lies at the bottom of a bin.
  const stacking = ["killed", "crash", "timeout", "error", "retried", "ok"];
  const marks = data.marks.map(([item, worker, attempt, start, nanoseconds, outcome, group, source, text]) =>
    ({ text, item, worker, attempt, start, nanoseconds, outcome: outcomes[outcome], group, source }));
  const length = Math.max(data.run.nanoseconds, 1000);
  const byId = (id) => document.getElementById(id);

  // ---- Texts

  // Making a format takes longer than using it.
  const formats = [0, 1, 2, 3].map((digits) =>
    new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  const grouped = (number) => formats[0].format(number);
  const many = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
  const three = (number) => number >= 100 ? grouped(Math.round(number)) : String(Number(number.toPrecision(3)));

  /** `412 µs`, `1.25 s`, `3:04 min`, `2:03:04 h` */
  function duration(nanoseconds) {
    if (nanoseconds < 1e3) return `${three(nanoseconds)} ns`;
    if (nanoseconds < 1e6) return `${three(nanoseconds / 1e3)} µs`;
    if (nanoseconds < 1e9) return `${three(nanoseconds / 1e6)} ms`;
    if (nanoseconds < 120e9) return `${three(nanoseconds / 1e9)} s`;
    return clock(nanoseconds) + (nanoseconds < 3600e9 ? " min" : " h");
  }

  function clock(nanoseconds) {
    const seconds = Math.round(nanoseconds / 1e9);
    const two = (number) => String(number).padStart(2, "0");
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  }

  /** The unit for moments of a picture that shows `span`. */
  function unitFor(span) {
    if (span >= 2e9) return [1e9, "s", "seconds"];
    return span >= 2e6 ? [1e6, "ms", "milliseconds"] : [1e3, "µs", "microseconds"];
  }

  /** A moment of the run, exact to a thousandth of `span`. */
  function moment(nanoseconds, span) {
    if (span >= 120e9) return clock(nanoseconds);
    const [size, unit] = unitFor(span);
    const digits = Math.min(3, Math.max(0, Math.ceil(Math.log10(1000 * size / span))));
    return `${formats[digits].format(nanoseconds / size)} ${unit}`;
  }

  const percent = (part) => `${part > 0 && part < 0.01 ? "<1" : Math.round(part * 100)} %`;

  /** An element with a text, and classes. */
  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function outcomeElement(name, outcome) {
    const made = element(name);
    const inner = element("span", outcome, "outcome");
    inner.style.setProperty("--key", `var(--${outcome})`);
    made.append(inner);
    return made;
  }

  // ---- The head

  function drawHead() {
    const { run, counts } = data;
    const failed = counts.error + counts.timeout + counts.crash;
    const name = run.script.split("/").pop();
    document.title = name === "-e" ? "pmap -e" : `${name} – pmap`;
    byId("title").textContent = run.script === "-e" ? "pmap -e" : run.script;
    byId("command").textContent = run.command;
    if (counts.ok + failed + counts.restored + counts.skipped === 0 && run.endingKind === "completed")
      byId("ending").textContent = "there were no items";
    else byId("ending").textContent = failed === 0 ? run.ending : `${run.ending}; ${grouped(failed)} failed`;
    if (counts.restoredFailures > 0)
      byId("ending").textContent += `; ${grouped(counts.restoredFailures)} had failed in an earlier run`;
    const isGood = run.endingKind === "completed" && failed + counts.restoredFailures === 0;
    byId("ending").classList.add(isGood ? "good" : "bad");
    const began = new Date(run.date * 1000);
    byId("facts").textContent = [
      began.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" }),
      `took ${duration(run.nanoseconds)}`,
      ...(run.joining ? [`joining: ${duration(run.joining.processor)} of a processor, ${duration(run.joining.last)} after the items`] : []),
      run.jobs === 0 ? "no workers" : many(run.jobs, "worker"),
      many(run.processors, "processor"), run.version, `seed ${run.seed}`,
    ].join(" · ");

    const rate = (counts.ok + failed) / (length / 1e9);
    const cards = [
      ["ok", grouped(counts.ok), "ok"], ["failed", grouped(failed), failed > 0 ? "error" : null],
      ...["error", "timeout", "crash"].filter((kind) => counts[kind] > 0 && counts[kind] < failed)
        .map((kind) => [kind, grouped(counts[kind]), kind]),
      ["retries", grouped(counts.retried), counts.retried > 0 ? "retried" : null],
      ...["restored", "skipped", "blank"].filter((name) => counts[name] > 0)
        .map((name) => [name === "blank" ? "blank lines" : name, grouped(counts[name]), null]),
      ["took", duration(run.nanoseconds), null], ["items a second", three(rate), null],
    ];
    for (const [name, value, key] of cards) card(byId("counts"), name, value, key);

    if (!counts.isReadWhole) byId("ending").textContent += "; the rest of the input was not read";

    for (const line of data.advice) byId("advice").querySelector("ul").append(element("li", line));
    byId("advice").hidden = data.advice.length === 0;
    byId("footer").textContent = `Written by ${run.version}. Axes and zoom are those of d3, whose licence is in this file.`;
  }

  function card(list, name, value, key) {
    const made = element("div");
    made.append(element("dt", name), element("dd", value));
    made.dataset.name = name;
    if (key) made.style.setProperty("--key", `var(--${key})`);
    list.append(made);
  }

  // ---- The timeline

  const scroller = byId("scroller"), lanes = byId("lanes"), canvas = lanes.querySelector("canvas");
  const tip = byId("tip");
  const marksOfLane = data.workers.map(() => []);
  for (const mark of marks) marksOfLane[mark.worker - 1]?.push(mark);
  // The shortest are drawn last, over those that they are in.
  for (const list of marksOfLane) list.sort((left, right) => right.nanoseconds - left.nanoseconds);
  const attempts = data.workers.reduce((sum, worker) => sum + (worker.ended ?? []).reduce((a, b) => a + b, 0), 0);
  /** Every attempt is a mark: there is nothing to sum up. */
  const isExact = attempts <= marks.length;

  const time = d3.scaleLinear().domain([0, length]);
  let view = time.copy();
  let laneHeight = 24, gutter = 88, width = 600;
  let colors = {}, chosenLane = 0, marked = null;

  const zoom = d3.zoom()
    .filter(() => !d3.event.button && !(d3.event.touches && d3.event.touches.length < 2 && isWhole()))
    .on("zoom", () => {
      view = d3.event.transform.rescaleX(time);
      drawTimes();
    });
  const zoomed = d3.select(canvas).call(zoom).on("dblclick.zoom", null);
  const isWhole = () => view.domain()[1] - view.domain()[0] >= length * 0.9999;

  function measure() {
    const style = getComputedStyle(document.documentElement);
    for (const name of [...outcomes, "ok-dense", "ink", "line", "paper"])
      colors[name] = style.getPropertyValue(`--${name}`).trim();
    gutter = parseFloat(style.getPropertyValue("--gutter"));
    const count = Math.max(data.workers.length, 1);
    const isPrinted = document.documentElement.classList.contains("printed");
    laneHeight = isPrinted ? Math.min(24, Math.max(2, 600 / count)) : Math.max(14, Math.min(28, 400 / count));
    lanes.style.height = `${count * laneHeight}px`;
    width = Math.max(50, lanes.clientWidth - gutter);
    time.range([0, width]);
    zoom.extent([[0, 0], [width, 1]]).translateExtent([[0, 0], [width, 1]])
      .scaleExtent([1, Math.max(1, length / 2000)]);
    const transform = d3.zoomTransform(canvas);
    view = transform.rescaleX(time);
    canvas.height = 0;
    const height = Math.min(count * laneHeight, scroller.clientHeight || 500);
    const dots = window.devicePixelRatio || 1;
    canvas.style.height = `${height}px`;
    [canvas.width, canvas.height] = [Math.round(width * dots), Math.round(height * dots)];
    for (const [place, lane] of lanes.querySelectorAll(".lane").entries()) {
      lane.style.top = `${place * laneHeight}px`;
      lane.style.height = lane.style.lineHeight = `${laneHeight}px`;
      lane.style.fontSize = laneHeight < 12 ? "0" : "";
      lane.textContent = gutter < 60 ? place + 1 : `worker ${place + 1}`;
    }
  }

  function makeLanes() {
    for (const [place, worker] of data.workers.entries()) {
      const lane = element("div", "", "lane");
      lane.setAttribute("role", "listitem");
      lane.tabIndex = place === 0 ? 0 : -1;
      lane.setAttribute("aria-label", laneText(worker).join(", "));
      lane.addEventListener("focus", () => {
        chosenLane = place;
        const box = lane.getBoundingClientRect();
        if (lane.matches(":focus-visible")) show(laneText(worker), box.left + gutter, box.bottom);
      });
      lane.addEventListener("blur", hide);
      lanes.append(lane);
    }
    lanes.addEventListener("keydown", press);
    scroller.addEventListener("scroll", () => { hide(); drawLanes(); });
    canvas.addEventListener("mousemove", (event) => hover(event));
    canvas.addEventListener("click", (event) => hover(event));
    canvas.addEventListener("mouseleave", hide);
    byId("in").addEventListener("click", () => zoom.scaleBy(zoomed, 2));
    byId("out").addEventListener("click", () => zoom.scaleBy(zoomed, 0.5));
    byId("all").addEventListener("click", showAll);
    for (const outcome of outcomes) {
      if (outcome !== "ok" && !data.counts[outcome]) continue;
      const entry = element("li", words[outcome] ?? outcome);
      entry.style.setProperty("--key", `var(--${outcome})`);
      byId("legend").append(entry);
    }
    byId("exactness").textContent = isExact
      ? "Each item is drawn by itself."
      : `Drawn by themselves are the ${grouped(marks.length)} slowest and first failed of ${grouped(attempts)}; `
        + "of the others, the height of a bin is how busy the worker was.";
  }

  const laneText = (worker) => [
    `worker ${worker.worker}`,
    `${many(worker.ok + worker.failed, "item")}, ${grouped(worker.failed)} failed`,
    `busy ${duration(worker.busy)}, ${percent(worker.busy / length)} of the run`,
    ...(worker.deaths > 0 ? [many(worker.deaths, "death")] : []),
  ];

  function showAll() {
    marked = null;
    zoom.transform(zoomed, d3.zoomIdentity);
    drawTimes();
  }

  function showOnly(from, to) {
    const k = Math.min(width / Math.max(1e-9, time(to) - time(from)), Math.max(1, length / 2000));
    zoom.transform(zoomed, d3.zoomIdentity.scale(k).translate(-time(from), 0));
  }

  function press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = width / 10 / d3.zoomTransform(canvas).k;
    const keys = {
      "+": () => zoom.scaleBy(zoomed, 1.5), "=": () => zoom.scaleBy(zoomed, 1.5),
      "-": () => zoom.scaleBy(zoomed, 1 / 1.5), "0": showAll, Home: showAll,
      ArrowLeft: () => zoom.translateBy(zoomed, step, 0), ArrowRight: () => zoom.translateBy(zoomed, -step, 0),
      ArrowUp: () => choose(chosenLane - 1), ArrowDown: () => choose(chosenLane + 1),
      PageUp: () => choose(chosenLane - 10), PageDown: () => choose(chosenLane + 10),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  function choose(place) {
    const all = lanes.querySelectorAll(".lane");
    const next = Math.min(Math.max(place, 0), all.length - 1);
    for (const [place, lane] of all.entries()) lane.tabIndex = place === next ? 0 : -1;
    all[next].scrollIntoView({ block: "nearest" });
    all[next].focus({ focusVisible: true });
  }

  function drawTimes() {
    drawLanes();
    drawTimeAxis();
    drawRunning();
    drawDone();
    const [from, to] = view.domain(), span = to - from;
    byId("range").textContent = `${moment(Math.max(0, from), span)} to ${moment(Math.min(length, to), span)}`;
    byId("range").dataset.from = from;
    byId("range").dataset.to = to;
  }

  function drawLanes() {
    const pen = canvas.getContext("2d");
    const dots = window.devicePixelRatio || 1;
    pen.setTransform(dots, 0, 0, dots, 0, 0);
    pen.clearRect(0, 0, width, canvas.height);
    const top = scroller.scrollTop, bottom = top + canvas.height / dots;
    for (let lane = Math.floor(top / laneHeight); lane < data.workers.length && lane * laneHeight < bottom; lane++) {
      const y = lane * laneHeight - top;
      if (lane > 0 && laneHeight >= 8) {
        pen.fillStyle = colors.line;
        pen.fillRect(0, y - 0.5, width, 1);
      }
      const gap = laneHeight >= 8 ? 2 : 0;
      if (!isExact) drawBins(pen, data.workers[lane], y + gap, laneHeight - 2 * gap);
      drawMarks(pen, marksOfLane[lane], y + gap, laneHeight - 2 * gap);
    }
  }

  function drawBins(pen, worker, y, height) {
    if (!worker.cells) return;
    const [from, to] = view.domain(), binWidth = data.bins.laneWidth;
    const first = Math.max(0, Math.floor(from / binWidth));
    const last = Math.min(worker.ended.length - 1, Math.floor(to / binWidth));
    for (let bin = first; bin <= last; bin++) {
      const x = view(bin * binWidth), end = view((bin + 1) * binWidth);
      let filled = 0;
      for (const outcome of stacking) {
        const part = worker.cells[outcome]?.[bin] ?? 0;
        if (part === 0) continue;
        const least = outcome === "ok" ? 1 : 2;
        const size = Math.min(height - filled, Math.max(least, part / 1000 * height));
        pen.fillStyle = outcome === "ok" ? colors["ok-dense"] : colors[outcome];
        pen.globalAlpha = outcome === "ok" ? 1 : 0.65;
        pen.fillRect(x, y + height - filled - size, end - x + 0.3, size);
        filled += size;
      }
      pen.globalAlpha = 1;
    }
  }

  function drawMarks(pen, list, y, height) {
    const [from, to] = view.domain();
    for (const mark of list) {
      if (mark.start > to || mark.start + mark.nanoseconds < from) continue;
      const x = Math.max(-2, view(mark.start)), end = Math.min(width + 2, view(mark.start + mark.nanoseconds));
      // Among the bins a short one would look longer than it was; a failure is seen, half as high.
      const isTiny = !isExact && mark !== marked && end - x < 0.7;
      if (isTiny && mark.outcome === "ok") continue;
      const size = Math.max(1.2, end - x - (end - x > 3 ? 0.8 : 0));
      pen.fillStyle = colors[mark.outcome];
      if (isTiny) pen.fillRect(x, y + height / 2, size, height / 2); else pen.fillRect(x, y, size, height);
      if (mark === marked) {
        pen.strokeStyle = colors.ink;
        pen.lineWidth = 2;
        pen.strokeRect(x - 1, y, Math.max(4, size + 2), height);
      }
    }
  }

  function drawTimeAxis() {
    const [from, to] = view.domain();
    const { axis, unit } = timeAxis(from, to, width);
    const svg = d3.select("#time").attr("height", 38).attr("viewBox", null);
    svg.selectAll("*").remove();
    svg.append("g").attr("transform", `translate(${gutter},0)`).call(axis).call((g) => g.select(".domain").remove());
    svg.append("text").attr("x", gutter + width).attr("y", 34).attr("text-anchor", "end").text(unit);
  }

  /** An axis in the unit that fits, or in minutes and hours. */
  function timeAxis(from, to, width) {
    const span = to - from, ticks = Math.max(2, Math.min(10, Math.floor(width / 90)));
    if (span >= 120e9) {
      const steps = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 604800];
      const step = (steps.find((step) => span / 1e9 / step <= ticks) ?? 604800) * 1e9;
      const values = d3.range(Math.ceil(from / step) * step, to + 1, step);
      return { axis: d3.axisBottom(view).tickValues(values).tickFormat(clock), unit: "minutes since the start" };
    }
    const [size, , unit] = unitFor(span);
    const scale = d3.scaleLinear().domain([from / size, to / size]).range([0, width]);
    return { axis: d3.axisBottom(scale).ticks(ticks), unit: `${unit} since the start` };
  }

  // ---- What is under the pointer

  function hover(event) {
    const box = canvas.getBoundingClientRect();
    const x = event.clientX - box.left;
    const lane = Math.floor((event.clientY - box.top + scroller.scrollTop) / laneHeight);
    const at = view.invert(x), slack = view.invert(x + 3) - at;
    const hits = (marksOfLane[lane] ?? []).filter((mark) =>
      mark.start - slack <= at && at <= mark.start + mark.nanoseconds + slack);
    const lines = hits.length > 0 ? markText(hits[hits.length - 1]) : binText(lane, at);
    if (lines) show(lines, event.clientX + 12, event.clientY + 14); else hide();
  }

  function markText(mark) {
    const message = data.groups[mark.group]?.message;
    return [
      mark.source, ...(mark.text ? [mark.text] : []), `${words[mark.outcome] ?? mark.outcome} in ${duration(mark.nanoseconds)}`,
      `attempt ${mark.attempt}, worker ${mark.worker}`, `began at ${moment(mark.start, length)}`,
      ...(message ? [message.length > 300 ? `${message.slice(0, 300)}…` : message] : []),
    ];
  }

  function binText(lane, at) {
    const worker = data.workers[lane], binWidth = data.bins.laneWidth, bin = Math.floor(at / binWidth);
    if (isExact || !worker?.cells || bin < 0 || bin >= worker.ended.length) return null;
    const parts = outcomes.map((outcome) => worker.cells[outcome]?.[bin] ?? 0);
    const busy = Math.min(1, parts.reduce((a, b) => a + b, 0) / 1000);
    if (busy === 0 && worker.ended[bin] === 0) return null;
    return [
      `worker ${worker.worker}`, `${moment(bin * binWidth, binWidth)} to ${moment((bin + 1) * binWidth, binWidth)}`,
      `${many(worker.ended[bin], "item")} ended here`, `busy ${percent(busy)} of the time`,
    ];
  }

  function show(lines, x, y) {
    tip.replaceChildren(...lines.map((line) => element("div", line)));
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(x, window.innerWidth - box.width - 8))}px`;
    tip.style.top = `${y + box.height + 8 > window.innerHeight ? Math.max(8, y - box.height - 30) : y}px`;
  }

  function hide() { tip.hidden = true; }

  // ---- Over time

  /** An empty picture with both axes; what is drawn stays inside. */
  function frame(id, height, y, yTicks) {
    const svg = d3.select(id);
    svg.selectAll("*").remove();
    svg.attr("height", height + 28);
    const clip = `${id.slice(1)}-inside`;
    svg.append("clipPath").attr("id", clip).append("rect").attr("width", width).attr("height", height + 6).attr("y", -6);
    const inside = svg.append("g").attr("transform", `translate(${gutter},6)`);
    inside.append("g").attr("class", "grid")
      .call(d3.axisLeft(y).tickValues(yTicks).tickSize(-width).tickFormat(""))
      .call((g) => g.select(".domain").remove());
    inside.append("g").call(d3.axisLeft(y).tickValues(yTicks).tickFormat(short).tickSize(0).tickPadding(6))
      .call((g) => g.select(".domain").remove());
    const [from, to] = view.domain();
    inside.append("g").attr("transform", `translate(0,${height})`).call(timeAxis(from, to, width).axis.tickSize(4))
      .call((g) => g.select(".domain").attr("d", `M0,0H${width}`));
    return inside.append("g").attr("clip-path", `url(#${clip})`);
  }

  /** `950`, `1.5k`, `20M` */
  function short(number) {
    for (const [size, unit] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]])
      if (number >= size) return `${Number((number / size).toPrecision(3))}${unit}`;
    return String(Number(number.toPrecision(3)));
  }

  function drawRunning() {
    const { busy, width: binWidth } = data.bins, height = 120;
    // The last bin is over before its end.
    const running = busy.map((time, bin) => time / Math.max(1, Math.min(binWidth, length - bin * binWidth)));
    const y = d3.scaleLinear().domain([0, Math.max(1, ...running) * 1.05]).range([height, 0]);
    const inside = frame("#running", height, y, y.ticks(Math.min(4, y.domain()[1])).filter(Number.isInteger));
    let path = `M${view(0)},${height}`;
    for (const [bin, count] of running.entries())
      path += `L${view(bin * binWidth)},${y(count)}L${view(Math.min(length, (bin + 1) * binWidth))},${y(count)}`;
    inside.append("path").attr("d", `${path}V${height}Z`).style("fill", "var(--ok)").style("fill-opacity", 0.7);
  }

  function drawDone() {
    const bins = data.bins, height = 120, binWidth = bins.width;
    const total = data.counts.ok + data.counts.error + data.counts.timeout + data.counts.crash;
    const y = d3.scaleLinear().domain([0, Math.max(1, total) * 1.05]).range([height, 0]);
    const inside = frame("#done", height, y, y.ticks(4).filter(Number.isInteger));
    let bottom = bins.ok.map(() => 0);
    for (const outcome of stacking.filter((outcome) => !words[outcome])) {
      let sum = 0;
      const top = bins[outcome].map((count, bin) => (sum += count) + bottom[bin]);
      if (sum > 0) {
        const points = top.map((count, bin) => [view(Math.min(length, (bin + 1) * binWidth)), y(count), y(bottom[bin])]);
        const upper = points.map(([x, high]) => `${x},${high}`), lower = points.map(([x, , low]) => `${x},${low}`);
        inside.append("path").attr("d", `M${view(0)},${height}L${upper.join("L")}L${lower.reverse().join("L")}Z`)
          .style("fill", `var(--${outcome})`).style("fill-opacity", 0.75);
      }
      bottom = top;
    }
  }

  // ---- Durations

  function drawDurations() {
    const { durations } = data;
    byId("durations").hidden = durations.count === 0;
    if (durations.count === 0) return;
    const names = [["shortest", durations.least], ["p50", durations.p50], ["mean", durations.sum / durations.count],
      ["p95", durations.p95], ["p99", durations.p99], ["longest", durations.most]];
    byId("quantiles").replaceChildren();
    for (const [name, value] of names) card(byId("quantiles"), name, duration(value), null);
    const height = 170, bars = durations.bars;
    const low = Math.max(1, bars[0][0] / 1.2), high = bars[bars.length - 1][1] * 1.2;
    const x = d3.scaleLog().domain([low, high]).range([0, width - 20]);
    const y = d3.scaleLinear().domain([0, d3.max(bars, (bar) => bar[2] + bar[3]) * 1.05]).range([height, 0]);
    const ticks = y.ticks(4).filter(Number.isInteger);
    const svg = d3.select("#histogram").attr("height", height + 52);
    svg.selectAll("*").remove();
    const inside = svg.append("g").attr("transform", `translate(${gutter},24)`);
    inside.append("g").attr("class", "grid").call(d3.axisLeft(y).tickValues(ticks).tickSize(-width).tickFormat(""))
      .call((g) => g.select(".domain").remove());
    inside.append("g").call(d3.axisLeft(y).tickValues(ticks).tickFormat(short).tickSize(0).tickPadding(6))
      .call((g) => g.select(".domain").remove());
    for (const [from, to, ok, failed] of bars) {
      const left = x(Math.max(from, low)), wide = Math.max(1, x(to) - left - 1);
      let top = height;
      for (const [count, color] of [[failed, "error"], [ok, "ok"]]) {
        if (count === 0) continue;
        const size = Math.max(1, height - y(count));
        top -= size;
        const bar = inside.append("rect").attr("x", left).attr("y", top).attr("width", wide).attr("height", size)
          .style("fill", `var(--${color})`);
        const words = [`${duration(from)} to ${duration(to)}`, `${many(ok, "item")} ok, ${grouped(failed)} failed`];
        bar.on("mousemove", () => show(words, d3.event.clientX + 12, d3.event.clientY + 14)).on("mouseleave", hide);
      }
    }
    inside.append("g").attr("transform", `translate(0,${height})`).call(d3.axisBottom(x).tickValues(durationTicks(low, high))
      .tickFormat(duration).tickSize(4)).call((g) => g.select(".domain").attr("d", `M0,0H${width}`));
    // Names that would touch are one.
    const labels = [];
    for (const name of ["p50", "p95", "p99"]) {
      const at = x(Math.min(Math.max(durations[name], low), high)), last = labels[labels.length - 1];
      inside.append("line").attr("class", "quantile").attr("x1", at).attr("x2", at).attr("y1", -4).attr("y2", height);
      if (last && at - last.at < 34) last.name += `, ${name}`; else labels.push({ at, name });
    }
    for (const { at, name } of labels) {
      inside.append("text").attr("class", "quantile-name").attr("y", -9).text(name)
        .attr("x", Math.min(Math.max(at, 0), width)).attr("text-anchor", at > width - 60 ? "end" : "middle");
    }
  }

  /** 1, 10, 100 of each unit, and 2 and 5 where there is room. */
  function durationTicks(low, high) {
    const room = width / Math.max(1, Math.log10(high / low));
    const factors = room > 260 ? [1, 2, 5] : [1];
    const skip = Math.max(1, Math.ceil(64 / room));
    const units = d3.range(0, 9).map((power) => 10 ** power).concat([1e9, 1e10, 60e9, 600e9, 3600e9, 36000e9, 360000e9]);
    return units.filter((_, place) => place % skip === 0).flatMap((unit) =>
      (unit < 1e10 ? factors : [1]).map((factor) => unit * factor)).filter((tick) => tick >= low && tick <= high);
  }

  // ---- Tables

  /** Rows that come when they are asked for. */
  function list(section, rows, first, add) {
    const more = section.querySelector(".more");
    let shown = 0;
    const addUpTo = (count) => {
      for (; shown < Math.min(count, rows.length); shown++) add(rows[shown]);
      more.hidden = shown >= rows.length;
      more.textContent = `show ${grouped(Math.min(rows.length - shown, 200))} more`;
    };
    more.addEventListener("click", () => addUpTo(shown + 200));
    addUpTo(first);
  }

  function drawSlowest() {
    const section = byId("slowest"), body = section.querySelector("tbody");
    const rows = [...marks].sort((left, right) => right.nanoseconds - left.nanoseconds || left.item - right.item).slice(0, 1000);
    section.hidden = rows.length === 0;
    list(section, rows, 15, (mark) => {
      const row = element("tr"), name = element("td");
      const button = element("button", mark.source, "source");
      button.type = "button";
      button.title = "show it in the timeline";
      button.addEventListener("click", () => reveal(mark));
      name.append(button);
      if (mark.text) name.append(" ", element("span", mark.text, "text"));
      row.append(name, element("td", duration(mark.nanoseconds)), outcomeElement("td", mark.outcome),
        element("td", mark.attempt), element("td", mark.worker), element("td", moment(mark.start, length)));
      body.append(row);
    });
  }

  function reveal(mark) {
    marked = mark;
    const around = Math.max(mark.nanoseconds / 5, length / 200);
    showOnly(Math.max(0, mark.start - around), Math.min(length, mark.start + mark.nanoseconds + around));
    scroller.scrollTop = (mark.worker - 1) * laneHeight - scroller.clientHeight / 2;
    byId("timeline").scrollIntoView({ block: "start" });
    drawTimes();
  }

  function drawFailures() {
    const section = byId("failures"), groups = [...data.groups].sort((left, right) => right.count - left.count);
    section.hidden = groups.length === 0;
    list(section, groups, 10, (group) => {
      const made = element("article", undefined, "group"), head = element("div", undefined, "head");
      made.style.setProperty("--key", `var(--${group.kind})`);
      head.append(element("span", `${grouped(group.count)} ×`, "count"), element("span", group.message, "message"));
      const place = data.groups.indexOf(group);
      const others = marks.filter((mark) => mark.group === place && mark.item !== group.item)
        .sort((left, right) => left.item - right.item);
      made.append(head);
      made.append(element("div", `${group.kind}, first at ${group.source}${group.text === null ? "" : `: ${group.text}`}`, "where"));
      if (group.isVaried) made.append(element("div", "the others have other numbers in the message", "where"));
      if (others.length > 0) {
        const names = others.slice(0, 8).map((mark) => mark.source).join(", ");
        made.append(element("div", `also ${names}${group.count > 9 || others.length > 8 ? ", …" : ""}`, "where"));
      }
      if (group.traceback !== null) {
        const details = element("details");
        details.append(element("summary", "traceback of the first"), element("pre", group.traceback));
        made.append(details);
      }
      section.querySelector(".groups").append(made);
    });
    const others = section.querySelector(".others");
    others.hidden = data.otherFailures === 0;
    others.textContent = `${many(data.otherFailures, "failure")} with still other messages.`;
  }

  function drawWorkers() {
    const body = byId("workers").querySelector("tbody");
    byId("workers").hidden = data.workers.length === 0;
    for (const worker of data.workers) {
      const row = element("tr"), share = element("td"), track = element("span", undefined, "share"), part = element("i");
      part.style.width = `${Math.min(100, worker.busy / length * 100)}%`;
      track.append(part);
      share.append(track, percent(worker.busy / length));
      row.append(element("td", worker.worker), element("td", worker.pid),
        ...[worker.ok, worker.failed, worker.retried].map((count) => element("td", grouped(count))),
        element("td", duration(worker.busy)), share, element("td", worker.starts), element("td", worker.deaths));
      body.append(row);
    }
  }

  // ---- All of it

  function drawAll() {
    measure();
    drawTimes();
    drawDurations();
  }

  function print(isPrinted) {
    document.documentElement.classList.toggle("printed", isPrinted);
    for (const details of document.querySelectorAll("details")) details.open = isPrinted;
    drawAll();
  }

  drawHead();
  makeLanes();
  byId("timeline").hidden = attempts === 0;
  drawAll();
  drawSlowest();
  drawFailures();
  drawWorkers();
  let lastWidth = lanes.clientWidth;
  new ResizeObserver(() => {
    if (lanes.clientWidth !== lastWidth) {
      lastWidth = lanes.clientWidth;
      drawAll();
    }
  }).observe(lanes);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  window.addEventListener("beforeprint", () => print(true));
  window.addEventListener("afterprint", () => print(false));
})();
