// Checks this site in the reader's browser: signatures by Ed25519, files by SHA-256,
// entries by their proofs. It asks nobody but the site that it is of.
"use strict";
(() => {
const body = document.body, up = body.dataset.up, enc = new TextEncoder(), dec = new TextDecoder();
const hex = b => Array.from(new Uint8Array(b), x => x.toString(16).padStart(2, "0")).join("");
const raw = s => Uint8Array.from(atob(s), c => c.charCodeAt(0));
const sha = async b => new Uint8Array(await crypto.subtle.digest("SHA-256", b));
const same = (a, b) => hex(a) === hex(b);
const words = window.truceWords || {}; // of another language than English
const t = (text, ...of) => of.reduce((s, x) => s.replace("%s", () => x), words[text] || text);
const join = (...parts) => { const out = []; for (const p of parts) out.push(...p); return Uint8Array.from(out); };

// key reads NAME+ID+BASE64, where ID is derived from name and key.
async function key(text) {
  const m = /^(.+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
  if (!m) throw new Error(t("the key of the record cannot be read"));
  const b = raw(m[3]);
  if (b.length !== 33 || b[0] !== 1) throw new Error(t("the key of the record is of another kind than Ed25519"));
  const id = (await sha(join(enc.encode(m[1] + "\n"), b))).slice(0, 4);
  if (hex(id) !== m[2]) throw new Error(t("the key of the record does not fit its id"));
  let k;
  try {
    k = await crypto.subtle.importKey("raw", b.slice(1), { name: "Ed25519" }, false, ["verify"]);
  } catch {
    throw new Unsure(t("this browser does not know signatures by Ed25519: use a newer one, or truce verify"));
  }
  return { name: m[1], id, k };
}

class Unsure extends Error {}

// open checks a signed note and returns its lines.
async function open(bytes, k, what) {
  const text = dec.decode(bytes), cut = text.lastIndexOf("\n\n");
  if (cut < 0) throw new Error(t("%s is not signed", what));
  const said = text.slice(0, cut + 1);
  for (const line of text.slice(cut + 2).split("\n")) {
    const m = /^— (\S+) (\S+)$/.exec(line);
    if (!m || m[1] !== k.name) continue;
    const sig = raw(m[2]);
    if (!same(sig.slice(0, 4), k.id)) continue;
    if (await crypto.subtle.verify({ name: "Ed25519" }, k.k, sig.slice(4), enc.encode(said))) return said.split("\n");
  }
  throw new Error(t("%s: no signature by the key of the record fits", what));
}

// list reads the manifest: name to SHA-256 and bytes.
function list(bytes) {
  const out = new Map();
  for (const line of dec.decode(bytes).split("\n")) {
    const m = /^([0-9a-f]{64}) ([0-9]+) (.+)$/.exec(line);
    if (m) out.set(m[3], { sum: m[1], size: Number(m[2]) });
  }
  return out;
}

// signed checks the list and the checkpoint, which must be of one state.
async function signed(read, say) {
  if (!window.isSecureContext || !crypto.subtle) throw new Unsure(t("browsers check signatures on https and on this machine only"));
  const k = await key(body.dataset.key);
  const p = await open(await read("manifest.note"), k, "manifest.note");
  if (p[0] !== "truce publication v1" || p[1] !== k.name) throw new Error(t("%s is of something else", "manifest.note"));
  const bytes = await read("manifest.txt");
  const got = hex(await sha(bytes));
  if (got !== p[4]) throw new Error(t("%s: expected SHA-256 %s, is %s", "manifest.txt", p[4], got));
  say("ok", t("The list of files is signed by the key of %s (%s).", k.name, hex(k.id)));
  const c = await open(await read("log/checkpoint"), k, "log/checkpoint");
  if (c[0] !== k.name || c[1] !== p[2] || c[2] !== p[3]) throw new Error(t("%s: expected %s entries with root %s", "log/checkpoint", p[2], p[3]));
  say("ok", t("The checkpoint is signed, and the site was made from that state. Entries: %s.", p[2]));
  return { k, files: list(bytes), size: Number(p[2]), root: raw(p[3]) };
}

// fits checks one file.
async function fits(read, s, name) {
  const want = s.files.get(name);
  if (!want) throw new Error(t("%s is not in the list", name));
  const b = await read(name), got = hex(await sha(b));
  if (got !== want.sum) throw new Error(t("%s: expected SHA-256 %s (bytes: %s), is %s (bytes: %s)", name, want.sum, want.size, got, b.byteLength));
  return b;
}

// entries reads a bundle of the log: entries, each after its length in two bytes.
async function bundle(read, s, n) {
  let name = String(n % 1000).padStart(3, "0");
  for (let m = Math.floor(n / 1000); m > 0; m = Math.floor(m / 1000)) name = "x" + String(m % 1000).padStart(3, "0") + "/" + name;
  const w = s.size - n * 256;
  const b = await read("log/tile/entries/" + name + (w < 256 ? ".p/" + w : ""));
  const out = [];
  for (let i = 0; i + 2 <= b.length;) {
    const k = b[i] * 256 + b[i + 1];
    out.push(b.slice(i + 2, i + 2 + k));
    i += 2 + k;
  }
  return out;
}

// proved checks that an entry is in the log: RFC 9162, 2.1.3.2.
async function proved(read, s, id) {
  const text = dec.decode(await fits(read, s, "proofs/" + id + ".tlog-proof"));
  const lines = text.slice(0, text.indexOf("\n\n")).split("\n");
  const index = Number((/^index ([0-9]+)$/.exec(lines[1]) || [])[1]);
  if (lines[0] !== "c2sp.org/tlog-proof@v1" || !(index < s.size)) throw new Error(t("the proof of %s cannot be read", id));
  const entry = (await bundle(read, s, Math.floor(index / 256)))[index % 256];
  if (!entry || !dec.decode(entry).includes('"' + id + '"')) throw new Error(t("entry %s of the log is not %s", index, id));
  let h = await sha(join([0], entry)), fn = index, sn = s.size - 1;
  for (const line of lines.slice(2)) {
    const p = raw(line);
    if (sn === 0) throw new Error(t("the proof of %s is too long", id));
    if (fn % 2 === 1 || fn === sn) {
      h = await sha(join([1], p, h));
      while (fn % 2 === 0 && fn !== 0) { fn = Math.floor(fn / 2); sn = Math.floor(sn / 2); }
    } else {
      h = await sha(join([1], h, p));
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  if (sn !== 0 || !same(h, s.root)) throw new Error(t("the proof of %s does not lead to the root of the log", id));
}

// fetched reads from where this page is from; chosen from files on this machine.
const fetched = async name => {
  const r = await fetch(up + name, { cache: "no-cache" });
  if (!r.ok) throw new Error(t("%s: the server answers %s", name, r.status));
  return new Uint8Array(await r.arrayBuffer());
};
const chosen = files => {
  const by = new Map(Array.from(files, f => [f.webkitRelativePath.split("/").slice(1).join("/"), f]));
  return async name => {
    const f = by.get(name);
    if (!f) throw new Error(t("%s is missing", name));
    return new Uint8Array(await f.arrayBuffer());
  };
};

const sayIn = ul => (cls, text) => {
  const li = document.createElement("li");
  li.className = cls;
  li.textContent = text;
  ul.append(li);
};

const run = async (ul, f) => {
  ul.replaceChildren();
  ul.dataset.state = "checking";
  const say = sayIn(ul);
  try {
    ul.dataset.state = (await f(say)) ? "ok" : "bad";
  } catch (e) {
    say(e instanceof Unsure ? "unsure" : "bad", e.message);
    ul.dataset.state = e instanceof Unsure ? "unsure" : "bad";
  }
};

const page = say => async read => {
  const s = await signed(read, say);
  for (const f of [body.dataset.page, "style.css", "check.js", body.dataset.said]) if (f) await fits(read, s, f);
  say("ok", t("This page is as it was published, to the byte."));
  const ids = Array.from(document.querySelectorAll("[data-entry]"), x => x.dataset.entry || x.textContent.trim().split(" ")[0]).filter(x => x);
  for (const id of ids) await proved(read, s, id);
  if (ids.length) say("ok", t("Entries named here that are in the log: %s.", ids.length));
  return true;
};

const site = say => async read => {
  const s = await signed(read, say);
  let n = 0, bad = 0;
  for (const name of s.files.keys()) {
    try { await fits(read, s, name); n++; } catch (e) { bad++; if (bad <= 20) say("bad", e.message); }
  }
  const ids = Array.from(s.files.keys(), x => (/^proofs\/(.+)\.tlog-proof$/.exec(x) || [])[1]).filter(x => x);
  let entries = 0;
  for (const id of ids) {
    try { await proved(read, s, id); entries++; } catch (e) { bad++; if (bad <= 20) say("bad", e.message); }
  }
  say(bad ? "bad" : "ok", t("Files as they were published: %s of %s. Entries proved to be in the log: %s of %s.", n, s.files.size, entries, ids.length));
  return !bad;
};

const one = document.getElementById("check"), local = location.protocol === "file:";
if (!local) {
  one.hidden = false;
  one.addEventListener("click", () => run(document.getElementById("checked"), say => page(say)(fetched)));
}
const all = document.getElementById("check-all");
if (all) {
  const ul = document.getElementById("all-checked"), folder = document.getElementById("folder"), files = document.getElementById("files");
  all.hidden = local;
  folder.hidden = false;
  all.addEventListener("click", () => run(ul, say => site(say)(fetched)));
  files.addEventListener("change", () => run(ul, say => site(say)(chosen(files.files))));
}
if (location.hash === "#check") (all && !local ? all : one).click();
})();
