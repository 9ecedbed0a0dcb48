// Submits repositories and watches their jobs: Builder's own endpoints, spoken to as any client would.
// Events are read by fetch and not by EventSource, which cannot send a token. A connection that ends is taken up again
// after the last event that came, so that none is missed and none is shown twice.
"use strict";
(() => {
  const kept = (name, value) => {
    try { if (value !== undefined) sessionStorage.setItem(name, value); return sessionStorage.getItem(name) || ""; } catch { return ""; }
  };
  const headers = (more = {}) => { const token = kept("doctown-token"); return token ? { ...more, Authorization: `Bearer ${token}` } : more; };
  const element = (name, text, className) => { const made = document.createElement(name); made.textContent = text ?? ""; if (className) made.className = className; return made; };
  const call = async (method, path, body) => {
    const json = body && !(body instanceof FormData);
    const reply = await fetch(path, { method, headers: headers(json ? { "Content-Type": "application/json" } : {}), body: json ? JSON.stringify(body) : body });
    const text = await reply.text();
    let data = null;
    try { data = JSON.parse(text); } catch { /* an error page of something between us and Builder */ }
    if (!reply.ok) {
      const told = data?.error?.cause ? [data.error.cause, data.error.mend].filter(Boolean).join(" — ") : data?.error?.message ?? data?.error ?? data?.detail ?? data?.message;
      throw new Error(typeof told === "string" ? told : told ? JSON.stringify(told) : `the server answered ${reply.status}`);
    }
    return data;
  };
  const notice = (box, text, bad) => box.replaceChildren(element("p", text, `notice${bad ? " bad" : ""}`));
  const dollars = (value) => typeof value === "number" ? `$${value.toFixed(value < 1 ? 4 : 2)}` : "";

  // --- the form -----------------------------------------------------------------------------------------------------

  const form = document.getElementById("submit-form");
  if (form) {
    const { api, watch } = form.dataset;
    const answer = document.getElementById("answer");
    // Either the name of a source or an archive: what is given of one makes the other needless.
    const { archive, repo_url: named, git_ref: ref } = form.elements;
    archive.addEventListener("change", () => {
      for (const one of [named, ref]) one.disabled = archive.files.length > 0;
      answer.replaceChildren();
    });
    const span = (seconds) => seconds < 90 ? `${Math.max(Math.round(seconds), 1)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
    const wanted = () => {
      const fields = new FormData(form);
      if (fields.get("token")) kept("doctown-token", fields.get("token"));
      const options = { model: fields.get("model") };
      if (fields.get("max_cost")) options.max_cost = Number(fields.get("max_cost"));
      if (archive.files.length) {
        const body = new FormData();
        body.set("archive", archive.files[0]);
        body.set("options", JSON.stringify(options));
        return body;
      }
      const body = { repo_url: fields.get("repo_url").trim(), options };
      if (fields.get("git_ref").trim()) body.git_ref = fields.get("git_ref").trim();
      return body;
    };
    const build = async (body) => {
      notice(answer, "Submitting…");
      const job = await call("POST", `${api}/jobs`, body);
      location.href = watch + encodeURIComponent(job.job_id);
    };
    const estimate = async (body) => {
      notice(answer, "Estimating: the source is fetched and read, no model is asked…");
      const found = await call("POST", `${api}/estimate`, body);
      const list = document.createElement("dl");
      list.className = "numbers";
      const rows = [
        ["cost", dollars(found.usd)], ["time with the model", span(found.seconds)], ["calls", found.calls], ["symbols to describe", found.symbols],
        ["tokens in", found.tokens_in], ["tokens out", found.tokens_out], ["answers kept from before", found.kept || undefined],
      ];
      for (const [name, value] of rows) {
        if (value === undefined || value === "") continue;
        const box = document.createElement("div");
        box.append(element("dd", typeof value === "number" ? value.toLocaleString("en") : value), element("dt", name));
        list.append(box);
      }
      const approve = element("button", "Approve and build", "act");
      approve.type = "button";
      approve.addEventListener("click", () => run(() => build(body)));
      const without = form.elements.model.value === "none";
      if (without) approve.textContent = "Build without a model";
      const told = without ? `Without a model nothing is paid. Written by ${found.model}, it would take:` : `Written by ${found.model}, it would take:`;
      answer.replaceChildren(...(found.calls ? [element("p", told), list] : [element("p", "There is nothing to ask a model for: nothing is paid.")]), approve);
      approve.focus();
    };
    const run = async (action) => {
      const buttons = form.querySelectorAll("button");
      for (const button of buttons) button.disabled = true;
      try { await action(); } catch (error) { notice(answer, error.message, true); }
      for (const button of buttons) button.disabled = false;
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const body = wanted();
      run(() => (event.submitter?.value === "estimate" ? estimate(body) : build(body)));
    });
    const list = document.getElementById("jobs-list");
    call("GET", `${api}/jobs`).then((found) => {
      const jobs = Array.isArray(found) ? found : found.jobs || found.items || [];
      list.replaceChildren(...(jobs.length ? jobs.slice(0, 50).map((job) => {
        const row = document.createElement("li");
        const link = element("a", job.repo_url || job.source || job.job_id);
        link.href = watch + encodeURIComponent(job.job_id);
        row.append(link, element("span", job.status || job.state || ""));
        return row;
      }) : [element("li", "None yet.", "quiet")]));
    }).catch((error) => list.replaceChildren(element("li", `The list cannot be read: ${error.message}.`, "quiet")));
  }

  // --- one job ------------------------------------------------------------------------------------------------------

  const page = document.getElementById("job");
  if (!page) return;
  const { job, api, packs } = page.dataset;
  const stages = document.getElementById("stages"), log = document.getElementById("log"), state = document.getElementById("state");
  const cost = document.getElementById("cost"), cancel = document.getElementById("cancel"), open = document.getElementById("open"), said = document.getElementById("said");
  const titles = { ingest: "Reading", embedding: "Embedding", assembly: "Assembling", generation: "Writing", pack: "Packing" };
  const rows = new Map(Object.entries(titles).map(([name, title]) => {
    const row = document.createElement("li"), bar = document.createElement("progress"), note = element("small");
    bar.max = 1; bar.value = 0; bar.setAttribute("aria-label", title);
    row.append(element("span", title), bar, note);
    stages.append(row);
    return [name, { row, bar, note }];
  }));
  let last = "", ended = false, shown = 0;
  const name = (source) => { if (source) { page.querySelector("h1").textContent = source; document.title = `${source} · Doctown`; } };
  const count = (payload) => {
    const done = payload.done ?? payload.processed ?? payload.completed ?? payload.index, total = payload.total ?? payload.total_files ?? payload.count;
    return typeof done === "number" && typeof total === "number" && total > 0 ? [done, total] : null;
  };
  const take = (event) => {
    const [area, step] = String(event.type).split(".");
    const payload = event.payload || {};
    const stage = rows.get(area);
    if (stage) {
      const part = count(payload);
      stage.row.className = step === "completed" ? (event.status === "failed" ? "bad" : "done") : "on";
      if (part) { stage.bar.max = part[1]; stage.bar.value = part[0]; stage.note.textContent = `${part[0].toLocaleString("en")} of ${part[1].toLocaleString("en")}`; }
      if (step === "completed") { stage.bar.value = stage.bar.max; if (event.status && event.status !== "success") stage.note.textContent = event.status; }
    }
    if (event.type === "job.created.v1") name(payload.repo_url || payload.source);
    if (event.type === "job.validated.v1") name(payload.source);
    const spent = payload.total_cost ?? payload.costs?.usd;
    if (typeof spent === "number" && spent > 0) cost.textContent = event.type.startsWith("generation.completed") ? `The model took ${dollars(spent)}.` : `Spent so far: ${dollars(spent)}`;
    if (shown++ < 5000) {
      log.append(element("div", `${event.sequence ?? ""} ${event.type}${event.status ? ` ${event.status}` : ""} ${JSON.stringify(payload).slice(0, 240)}`));
      log.scrollTop = log.scrollHeight;
    }
    if (area === "job") {
      state.textContent = step === "completed" ? event.status : step;
      cancel.hidden = step === "completed";
      if (step === "completed") finish(event);
    }
  };
  const finish = (event) => {
    ended = true;
    const warnings = event.warnings || event.payload?.warnings || [];
    const problem = event.payload?.cause ? [event.payload.cause, event.payload.mend].filter(Boolean).join(" — ") : event.payload?.error?.message ?? event.payload?.error ?? event.payload?.reason;
    said.replaceChildren(...[problem, ...warnings].filter(Boolean).slice(0, 20).map((text) => element("p", typeof text === "string" ? text : JSON.stringify(text), `notice${event.status === "failed" ? " bad" : ""}`)));
    if (event.status === "success" || event.status === "partial") {
      open.href = `${packs}${encodeURIComponent(job)}/index.html`;
      open.hidden = false;
    }
  };
  const listen = async () => {
    const reply = await fetch(`${api}/jobs/${encodeURIComponent(job)}/events`, { headers: headers({ Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) }) });
    if (!reply.ok) { const error = new Error(`the server answered ${reply.status}`); error.final = reply.status < 500; throw error; }
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      rest += value.replaceAll("\r\n", "\n");
      for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
        const block = rest.slice(0, end);
        rest = rest.slice(end + 2);
        const data = [];
        for (const line of block.split("\n")) {
          if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
          if (line.startsWith("id:")) last = line.slice(3).trim();
        }
        if (data.length) { try { take(JSON.parse(data.join("\n"))); } catch (error) { said.replaceChildren(element("p", `An event cannot be read: ${error.message}.`, "notice bad")); } }
      }
    }
  };
  const follow = async () => {
    for (let pause = 500; !ended;) {
      try { await listen(); pause = 500; } catch (error) {
        if (error.final) { state.textContent = error.message; return; }
        state.textContent = `connection lost (${error.message}); trying again`;
        pause = Math.min(pause * 2, 10_000);
      }
      if (!ended) await new Promise((done) => setTimeout(done, pause));
    }
  };
  cancel.addEventListener("click", async () => {
    cancel.disabled = true;
    try { await call("DELETE", `${api}/jobs/${encodeURIComponent(job)}`); } catch (error) { notice(said, error.message, true); }
    cancel.disabled = false;
  });
  follow();
})();
