// What every page of a pack does: search as one types, by keyboard, and marking of cited lines.
// Texts go into the page as text, never as markup. A plain script and no module, since pages open from files too.
"use strict";
(() => {
  const root = document.body.dataset.root;
  const served = document.body.dataset.served === "yes";
  const dialog = document.getElementById("search");
  const query = document.getElementById("query");
  const hits = document.getElementById("hits");
  const said = document.getElementById("said");
  let chosen = -1;
  let turn = 0;

  // --- where answers come from: the server, or shards of an index that lie beside the pages -----------------------

  const fromServer = async (text, signal) => {
    const reply = await fetch(`${root}search.json?q=${encodeURIComponent(text)}`, { signal });
    if (!reply.ok) throw new Error(`the server answered ${reply.status}`);
    return reply.json();
  };

  const loading = new Map();
  const script = (name) => {
    if (!loading.has(name)) {
      loading.set(name, new Promise((done, fail) => {
        const element = document.createElement("script");
        element.src = `${root}search/${name}.js`;
        element.onload = done;
        element.onerror = () => { loading.delete(name); fail(new Error("the index cannot be loaded")); };
        document.head.append(element);
      }));
    }
    return loading.get(name);
  };
  const shards = new Map();
  window.doctownShard = (name, rows, terms) => shards.set(name, terms.map(([term, row, weight]) => [term, rows[row], weight]));
  const split = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "")
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, "$1 $2").replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .toLowerCase().match(/[\p{L}\p{N}]+/gu) || [];
  const shardOf = (word) => {
    const letters = [...word];
    let best = "";
    for (let size = 1; size <= letters.length; size++) {
      const prefix = letters.slice(0, size).join("");
      if (Object.hasOwn(window.doctownIndex.shards, prefix)) best = prefix;
    }
    return best;
  };
  const fromShards = async (text) => {
    await script("index");
    const index = window.doctownIndex;
    // As the server reads them: kind:class path:src/ narrow a search; an index knows no languages and no parts.
    const kinds = [], paths = [];
    const rest = text.replace(/(?<!\S)(kind|lang|path|part):(\S+)/g, (_, word, value) => {
      if (word === "kind") kinds.push(value.toLowerCase());
      if (word === "path") paths.push(value);
      return " ";
    }).trim();
    const bare = rest.toLowerCase().replace(/\(\)$/, "");
    const passes = (row) => (!kinds.length || kinds.includes(row[2])) && (!paths.length || row[row[2] === "file" ? 0 : 3].startsWith(paths.at(-1)));
    const words = split(rest).slice(0, 8);
    const found = new Map();
    const wanted = words.filter((word) => !index.stop.includes(word));
    for (const word of wanted.length ? wanted : words) {
      const shard = shardOf(word);
      if (!shard) continue;
      const name = index.shards[shard];
      await script(name);
      for (const [term, row, weight] of shards.get(name)) {
        if (!term.startsWith(word) || !passes(row)) continue;
        const hit = found.get(row[1]) || { row, words: new Map() };
        const score = weight * (term === word ? 1 : 0.4 + 0.5 * word.length / term.length);
        hit.words.set(word, Math.max(hit.words.get(word) || 0, score));
        found.set(row[1], hit);
      }
    }
    const scored = [...found.values()].map(({ row, words: matched }) => {
      const title = row[0].toLowerCase();
      let score = [...matched.values()].reduce((sum, one) => sum + one, 0) * (matched.size / Math.max(words.length, 1)) ** 2;
      if (title === bare) score += 20; else if (title.endsWith(`.${bare}`) || title.endsWith(`/${bare}`)) score += 10;
      else if (title.split(".").pop().startsWith(bare)) score += 3;
      return { score: score * (1 + row[4] / 20), row, why: [...matched.keys()] };
    });
    scored.sort((one, two) => two.score - one.score || (one.row[1] < two.row[1] ? -1 : 1));
    return scored.slice(0, 20).map(({ row, why }) => ({
      title: row[0], href: row[1], kind: row[2], place: row[3], summary: row[5] || "", why: `words: ${why.join(" ")}`,
    }));
  };

  // --- the dialog ---------------------------------------------------------------------------------------------------

  const choose = (number) => {
    const rows = hits.children;
    chosen = rows.length ? (number + rows.length) % rows.length : -1;
    for (const [at, row] of [...rows].entries()) row.setAttribute("aria-selected", String(at === chosen));
    if (chosen < 0) query.removeAttribute("aria-activedescendant");
    else {
      query.setAttribute("aria-activedescendant", rows[chosen].id);
      rows[chosen].scrollIntoView({ block: "nearest" });
    }
  };
  const element = (name, text, className) => {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const show = (found) => {
    hits.replaceChildren(...found.map((hit, number) => {
      const row = document.createElement("li");
      row.id = `hit-${number}`;
      row.setAttribute("role", "option");
      row.dataset.href = root + hit.href;
      const sign = element("b", "", `kind ${/^\w+$/.test(hit.kind) ? hit.kind : ""}`);
      const head = element("b", "");
      head.append(sign, hit.title);
      row.append(head, element("small", hit.place));
      if (hit.summary) row.append(element("p", hit.summary));
      if (hit.why) row.append(element("p", hit.why, "why"));
      row.addEventListener("click", () => { location.href = row.dataset.href; });
      row.addEventListener("pointermove", () => { if (chosen !== number) choose(number); });
      return row;
    }));
    query.setAttribute("aria-expanded", String(found.length > 0));
    choose(found.length ? 0 : -1);
  };
  let waiting = 0;
  let aborter = null;
  const ask = () => {
    clearTimeout(waiting);
    aborter?.abort();
    const text = query.value.trim();
    const mine = ++turn;
    if (!text) { show([]); said.textContent = ""; return; }
    waiting = setTimeout(async () => {
      aborter = new AbortController();
      try {
        const found = await (served ? fromServer(text, aborter.signal) : fromShards(text));
        if (mine !== turn) return;
        show(found);
        said.textContent = found.length ? `${found.length} results; arrows choose, Enter opens` : "Nothing matches.";
      } catch (error) {
        if (mine === turn && error.name !== "AbortError") { show([]); said.textContent = `Search failed: ${error.message}.`; }
      }
    }, served ? 90 : 40);
  };
  const open = () => { if (!dialog.open) { dialog.showModal(); query.focus(); query.select(); } };
  document.getElementById("find")?.addEventListener("click", open);
  query?.addEventListener("input", ask);
  query?.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); choose(chosen + step); }
    // The field itself would take the first Escape to clear what is in it.
    else if (event.key === "Escape") { event.preventDefault(); dialog.close(); }
    else if (event.key === "Enter") {
      event.preventDefault();
      if (chosen >= 0) location.href = hits.children[chosen].dataset.href;
    }
  });
  dialog?.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); open(); }
    if (event.key === "k" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); open(); }
  });

  // --- cited lines: #L10-L12 ----------------------------------------------------------------------------------------

  const mark = () => {
    document.querySelector(".band")?.remove();
    const code = document.getElementById("code");
    const found = /^#L(\d+)(?:-L?(\d+))?$/.exec(location.hash);
    if (!code || !found) return;
    const first = document.getElementById(`L${found[1]}`);
    const last = document.getElementById(`L${found[2] || found[1]}`) || first?.parentElement.lastElementChild;
    if (!first) return;
    const base = code.getBoundingClientRect().top;
    const band = document.createElement("div");
    band.className = "band";
    band.style.top = `${first.getBoundingClientRect().top - base}px`;
    band.style.height = `${last.getBoundingClientRect().bottom - first.getBoundingClientRect().top}px`;
    code.prepend(band);
    first.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", mark);
  mark();

  // Beside a narrow page the list of siblings is folded.
  if (matchMedia("(max-width: 60rem)").matches) document.querySelector(".side details")?.removeAttribute("open");
  else requestAnimationFrame(() => document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest" }));
})();
