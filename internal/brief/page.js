(function () {
  "use strict";
  var root = document.documentElement;
  var data = JSON.parse(document.getElementById("data").textContent);
  var all = function (q, el) { return Array.prototype.slice.call((el || document).querySelectorAll(q)); };
  var panel = document.getElementById("cards");
  var cards = all(".card");
  var linked = all("[data-keys]");
  var current = null, opener = null;
  root.classList.add("js");
  all("[hidden]").forEach(function (el) { if (el.id !== "f-none") el.hidden = false; });

  function wide() { return window.matchMedia("(min-width:1100px)").matches; }
  function keysOf(el) { return el.getAttribute("data-keys").split(" "); }

  // show lights one incident in the table, on the map and on the timeline,
  // and opens its card; at is the id of a finding within it.
  function show(key, at, quiet) {
    var card = cards.filter(function (c) { return c.getAttribute("data-card") === key; })[0];
    if (!card) return;
    current = key;
    cards.forEach(function (c) { c.classList.toggle("sel", c === card); });
    linked.forEach(function (el) {
      var on = keysOf(el).indexOf(key) >= 0;
      el.classList.toggle("sel", on);
      if (on) el.setAttribute("aria-current", "true"); else el.removeAttribute("aria-current");
    });
    document.getElementById("h-cards").textContent = "Incident " + card.querySelector(".kicker").firstChild.textContent.trim();
    if (quiet) return;
    root.classList.add("open");
    var target = at && document.getElementById(at) || card;
    panel.scrollTop = 0;
    if (target !== card) panel.scrollTop = target.getBoundingClientRect().top - panel.getBoundingClientRect().top - 70;
    target.focus({ preventScroll: true });
    var row = document.querySelector("tr.sel");
    if (row && wide()) {
      var r = row.getBoundingClientRect(), inView = r.bottom > 0 && r.top < window.innerHeight;
      if (!inView && opener === null) row.scrollIntoView({ block: "center" });
      var box = row.closest(".rows"), b = box.getBoundingClientRect();
      if (r.top < b.top + 60 || r.bottom > b.bottom) box.scrollTop += r.top - b.top - b.height / 2;
    }
  }

  function fromHash() {
    var m = /^#(incident-(\d+)(?:-\d+)?)$/.exec(location.hash);
    if (m) show(m[2], m[1]); else if (location.hash === "#matrix") close();
    return !!m;
  }
  function go(id, from) {
    opener = from || null;
    if (location.hash === "#" + id) fromHash(); else history.pushState(null, "", "#" + id);
    fromHash();
  }
  function close() {
    root.classList.remove("open");
    if (/^#incident-/.test(location.hash)) history.replaceState(null, "", location.pathname + location.search);
    if (opener && opener.focus) opener.focus({ preventScroll: true });
    opener = null;
  }
  window.addEventListener("hashchange", fromHash);
  window.addEventListener("popstate", fromHash);

  document.addEventListener("click", function (e) {
    if (e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || dragged) return;
    var a = e.target.closest('a[href^="#incident-"]');
    if (a) {
      e.preventDefault();
      var id = a.getAttribute("href").slice(1);
      if (a.hasAttribute("data-keys")) { // a place may hold several incidents: the next one each time
        var ks = keysOf(a), i = ks.indexOf(current);
        id = "incident-" + ks[root.classList.contains("open") && i >= 0 ? (i + 1) % ks.length : Math.max(i, 0)];
      }
      go(id, a);
      return;
    }
    var tr = e.target.closest("tr[data-keys]");
    if (tr && !e.target.closest("a") && !String(window.getSelection())) go("incident-" + tr.getAttribute("data-keys"), tr.querySelector("a"));
  });
  document.addEventListener("keydown", function (e) {
    if (e.key === "Escape" && root.classList.contains("open")) close();
  });
  all("[data-step]").forEach(function (b) {
    b.addEventListener("click", function () {
      var rows = all("tr[data-keys]").filter(function (r) { return !r.hidden; }).map(function (r) { return r.getAttribute("data-keys"); });
      var i = rows.indexOf(current) + Number(b.getAttribute("data-step"));
      if (rows.length) go("incident-" + rows[(i + rows.length) % rows.length], opener);
      b.focus({ preventScroll: true });
    });
  });
  document.querySelector("[data-close]").addEventListener("click", close);

  // The filter hides rows, and dims nothing else: the map and the timeline
  // keep showing all that is known.
  var fv = document.getElementById("f-verdict"), ft = document.getElementById("f-text");
  function filter() {
    var want = fv.value, words = ft.value.toLowerCase().split(/\s+/).filter(Boolean), shown = 0;
    data.incidents.forEach(function (in_) {
      var has = want === "" || want === "*" && in_.contested || Object.keys(in_.verdicts).some(function (k) { return in_.verdicts[k] === want; });
      var hay = (in_.id + " " + in_.title).toLowerCase();
      has = has && words.every(function (w) { return hay.indexOf(w) >= 0; });
      document.querySelector('tr[data-keys="' + in_.key + '"]').hidden = !has;
      shown += has;
    });
    document.getElementById("f-count").textContent = shown + " of " + data.incidents.length + " shown";
    document.getElementById("f-none").hidden = shown > 0 || !data.incidents.length;
  }
  fv.addEventListener("change", filter);
  ft.addEventListener("input", filter);
  document.querySelector(".filter").addEventListener("submit", function (e) { e.preventDefault(); });
  filter();

  // The map: zoom by buttons, by the wheel with Ctrl, and by dragging.
  var map = document.querySelector(".map"), W = +map.getAttribute("data-w"), H = +map.getAttribute("data-h");
  var view = { x: 0, y: 0, w: W }, dragged = false, drag = null;
  function draw() {
    view.w = Math.min(W, Math.max(W / 24, view.w));
    var h = view.w * H / W;
    view.x = Math.min(W - view.w, Math.max(0, view.x));
    view.y = Math.min(H - h, Math.max(0, view.y));
    map.setAttribute("viewBox", [view.x, view.y, view.w, h].join(" "));
    var k = view.w / (map.clientWidth || W);
    map.style.setProperty("--k", k);
    map.classList.toggle("small", k > 1.55);
    map.classList.toggle("zoomed", view.w < W);
  }
  function zoom(by, at) {
    var f = at || { x: .5, y: .5 }, w = Math.min(W, Math.max(W / 24, view.w / by));
    view.x += (view.w - w) * f.x;
    view.y += (view.w - w) * H / W * f.y;
    view.w = w;
    draw();
  }
  function at(e) {
    var r = map.getBoundingClientRect();
    return { x: (e.clientX - r.left) / r.width, y: (e.clientY - r.top) / r.height };
  }
  all("[data-zoom]").forEach(function (b) {
    b.addEventListener("click", function () {
      var by = Number(b.getAttribute("data-zoom"));
      if (by) zoom(by); else { view = { x: 0, y: 0, w: W }; draw(); }
    });
  });
  map.addEventListener("wheel", function (e) {
    if (!e.ctrlKey && !e.metaKey) return;
    e.preventDefault();
    zoom(e.deltaY < 0 ? 1.25 : .8, at(e));
  }, { passive: false });
  map.addEventListener("pointerdown", function (e) { dragged = false; if (view.w < W) drag = { x: e.clientX, y: e.clientY, vx: view.x, vy: view.y }; });
  window.addEventListener("pointermove", function (e) {
    if (!drag) return;
    var k = view.w / map.clientWidth;
    if (Math.abs(e.clientX - drag.x) + Math.abs(e.clientY - drag.y) > 5) dragged = true;
    view.x = drag.vx - (e.clientX - drag.x) * k;
    view.y = drag.vy - (e.clientY - drag.y) * k;
    draw();
  });
  window.addEventListener("pointerup", function () { drag = null; setTimeout(function () { dragged = false; }, 0); });
  map.addEventListener("dragstart", function (e) { e.preventDefault(); });
  window.addEventListener("resize", draw);
  draw();

  // A browser scrolls to the fragment by itself when the page is loaded.
  window.addEventListener("load", function () { setTimeout(fromHash, 0); });
  if (!fromHash() && cards.length) show(cards[0].getAttribute("data-card"), null, true);
})();
