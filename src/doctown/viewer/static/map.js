// Draws the town that `map-data.js` describes: districts, files and symbols on a canvas, with zoom, pan, hover and
// click. What is too small to be seen is not drawn, so a frame costs what is visible, not what there is.
"use strict";
(() => {
  const town = window.doctownMap;
  const canvas = document.getElementById("map");
  const tip = document.getElementById("tip");
  if (!town || !canvas) return;
  const root = document.body.dataset.root;
  const pen = canvas.getContext("2d", { alpha: false });
  const roadsOf = new Map();
  for (let at = 0; at < town.roads.length; at += 2) {
    for (const [one, two, out] of [[town.roads[at], town.roads[at + 1], true], [town.roads[at + 1], town.roads[at], false]]) {
      if (!roadsOf.has(one)) roadsOf.set(one, []);
      roadsOf.get(one).push([two, out]);
    }
  }
  const byFile = town.files.map(() => []);
  town.houses.forEach((house, number) => byFile[house[2]]?.push(number));
  let scale = 1, left = 0, top = 0, width = 0, height = 0, ratio = 1, hover = -1, hoverFile = -1, colours = {}, asked = false;

  const read = () => {
    const style = getComputedStyle(document.documentElement);
    const value = (name) => style.getPropertyValue(name).trim();
    colours = { ground: value("--sunk"), district: value("--paper"), file: value("--raised"), line: value("--line"), edge: value("--edge"),
      ink: value("--ink"), soft: value("--soft"), road: value("--accent"), warm: value("--warm"),
      houses: ["--h0", "--h1", "--h2", "--h3", "--h4"].map(value) };
  };
  const fit = () => Math.min(width / town.width, height / town.height);
  const whole = () => { scale = fit(); left = (town.width - width / scale) / 2; top = (town.height - height / scale) / 2; draw(); };
  const size = () => {
    const box = canvas.getBoundingClientRect();
    const first = !width;
    ratio = Math.min(devicePixelRatio || 1, 2);
    width = box.width; height = box.height;
    canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
    if (first) whole(); else draw();
  };
  const keep = () => {
    scale = Math.max(fit() * 0.8, Math.min(scale, 3));
    left = Math.max(-width / scale * 0.7, Math.min(left, town.width - width / scale * 0.3));
    top = Math.max(-height / scale * 0.7, Math.min(top, town.height - height / scale * 0.3));
  };
  const zoom = (factor, x = width / 2, y = height / 2) => {
    const [atX, atY] = [left + x / scale, top + y / scale];
    scale *= factor; keep();
    left = atX - x / scale; top = atY - y / scale;
    keep(); draw();
  };
  const draw = () => { if (!asked) { asked = true; requestAnimationFrame(paint); } };

  const text = (words, x, y, room, font, colour) => {
    if (room < 24) return;
    pen.font = font; pen.fillStyle = colour;
    const letters = Math.floor(room / (parseInt(font.match(/(\d+)px/)[1], 10) * (font.startsWith("600") ? 0.64 : 0.56)));
    pen.fillText(words.length > letters ? `${words.slice(0, Math.max(letters - 1, 1))}…` : words, x, y);
  };
  // While the town is dragged, the last full drawing is moved about; what comes in at the edges is drawn when it is
  // a quarter of the view, or when the hand rests.
  const still = document.createElement("canvas");
  let held = null;
  const hold = () => {
    still.width = canvas.width; still.height = canvas.height;
    still.getContext("2d", { alpha: false }).drawImage(canvas, 0, 0);
    held = { left, top, scale };
  };
  const moveStill = () => {
    const x = (held.left - left) * scale, y = (held.top - top) * scale;
    if (held.scale !== scale || Math.abs(x) > width / 4 || Math.abs(y) > height / 4) return false;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = colours.ground; pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(still, Math.round(x * ratio), Math.round(y * ratio));
    return true;
  };
  const paint = () => {
    asked = false;
    if (held) {
      if (moveStill()) return;
      paintAll();
      hold();
    } else paintAll();
  };
  const paintAll = () => {
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = colours.ground; pen.fillRect(0, 0, width, height);
    pen.textBaseline = "middle";
    const right = left + width / scale, bottom = top + height / scale;
    const seen = (x, y, w, h) => x < right && x + w > left && y < bottom && y + h > top;
    for (const [, , x, y, w, h] of town.districts) {
      if (!seen(x, y, w, h) || w * scale < 6) continue;
      pen.fillStyle = colours.district; pen.fillRect((x - left) * scale, (y - top) * scale, w * scale, h * scale);
      pen.strokeStyle = colours.edge; pen.lineWidth = 1;
      pen.strokeRect((x - left) * scale + 0.5, (y - top) * scale + 0.5, w * scale - 1, h * scale - 1);
    }
    const boxes = colours.houses.map(() => []);
    const named = [];
    town.files.forEach(([, , x, y, w, h], number) => {
      if (!seen(x, y, w, h)) return;
      const wide = w * scale, high = h * scale;
      if (wide < 3 || high < 3) { pen.fillStyle = colours.edge; pen.fillRect((x - left) * scale, (y - top) * scale, Math.max(wide, 1), Math.max(high, 1)); return; }
      pen.fillStyle = number === hoverFile ? colours.ground : colours.file;
      pen.fillRect((x - left) * scale, (y - top) * scale, wide, high);
      pen.strokeStyle = colours.line; pen.strokeRect((x - left) * scale + 0.5, (y - top) * scale + 0.5, wide, high);
      for (const one of byFile[number]) {
        const house = town.houses[one];
        if (house[5] * scale < 1.5 || house[6] * scale < 1.5) continue;
        boxes[house[1]].push(one);
        if (house[5] * scale > 44 && house[6] * scale > 13) named.push(one);
      }
    });
    const gap = scale > 0.12 ? 1.5 : 0.5;
    boxes.forEach((list, family) => {
      pen.fillStyle = colours.houses[family];
      for (const one of list) {
        const [, , , x, y, w, h] = town.houses[one];
        if (seen(x, y, w, h)) pen.fillRect((x - left) * scale, (y - top) * scale, Math.max(w * scale - gap, 1), Math.max(h * scale - gap, 1));
      }
    });
    for (const one of named.slice(0, 900)) {
      const [name, , , x, y, w, h] = town.houses[one];
      if (seen(x, y, w, h)) text(name, (x - left) * scale + 4, (y - top + h / 2) * scale, w * scale - 8, "11px system-ui, sans-serif", colours.file);
    }
    for (const [name, , x, y, w, h] of town.files) {
      if (seen(x, y, w, h) && w * scale > 60 && Math.min(70, h / 5) * scale > 9) text(name, (x - left) * scale + 3, (y - top + Math.min(36, h / 10)) * scale, w * scale - 6, "11px system-ui, sans-serif", colours.soft);
    }
    for (const [name, , x, y, w, h, depth] of town.districts) {
      // The room above what is in it, as the map was laid out: a name that is higher would lie upon others.
      const head = Math.min(depth ? 190 : 280, h / 5);
      if (seen(x, y, w, h) && w * scale > 50 && (depth < 2 || w * scale > 130) && (depth ? head * scale > 11 : true)) text(name, Math.max((x - left) * scale, 0) + 7, (y - top + head * 0.47) * scale, w * scale - 12, `600 ${depth ? 12 : 14}px system-ui, sans-serif`, colours.ink);
    }
    roads();
  };
  const roads = () => {
    if (hover < 0) return;
    const middle = (house) => [(house[3] + house[5] / 2 - left) * scale, (house[4] + house[6] / 2 - top) * scale];
    const own = town.houses[hover];
    const [x, y] = middle(own);
    for (const [other, out] of (roadsOf.get(hover) || []).slice(0, 300)) {
      const [toX, toY] = middle(town.houses[other]);
      pen.strokeStyle = out ? colours.road : colours.warm; pen.lineWidth = 1.2; pen.globalAlpha = 0.75;
      pen.beginPath(); pen.moveTo(x, y); pen.quadraticCurveTo((x + toX) / 2 + (toY - y) * 0.12, (y + toY) / 2 - (toX - x) * 0.12, toX, toY); pen.stroke();
    }
    pen.globalAlpha = 1; pen.strokeStyle = colours.ink; pen.lineWidth = 2;
    pen.strokeRect((own[3] - left) * scale, (own[4] - top) * scale, own[5] * scale, own[6] * scale);
  };

  const inside = ([x, y, w, h], atX, atY) => atX >= x && atX < x + w && atY >= y && atY < y + h;
  const find = (x, y) => {
    const atX = left + x / scale, atY = top + y / scale;
    const file = town.files.findIndex((one) => inside(one.slice(2, 6), atX, atY));
    const house = file < 0 ? undefined : byFile[file].find((one) => inside(town.houses[one].slice(3, 7), atX, atY));
    return [house ?? -1, file, town.districts.findLast((one) => inside(one.slice(2, 6), atX, atY))];
  };
  const address = (house, file, district) => {
    if (house >= 0) {
      const name = town.houses[house][7];
      return name.startsWith("/") ? root + name.slice(1) : `${root}${town.files[file][1].replace(/^file\//, "symbol/").replace(/\.html$/, "")}/${name}.html`;
    }
    return file >= 0 ? root + town.files[file][1] : district ? root + district[1] : "";
  };
  const tell = (house, file, district) => {
    const bold = document.createElement("b"), small = document.createElement("small");
    if (house >= 0) {
      const roads = roadsOf.get(house) || [];
      bold.textContent = town.houses[house][0];
      small.textContent = `${town.files[file][6]} · uses ${roads.filter((one) => one[1]).length}, used by ${roads.filter((one) => !one[1]).length}`;
    } else if (file >= 0) { bold.textContent = town.files[file][6]; small.textContent = `${byFile[file].length} symbols`; }
    else if (district) bold.textContent = district[0];
    tip.replaceChildren(...(bold.textContent ? [bold, small] : []));
  };

  const pointers = new Map();
  let moved = 0, apart = 0;
  canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); pointers.set(event.pointerId, event); moved = 0; hold(); });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) {
      const [house, file, district] = find(event.offsetX, event.offsetY);
      if (house !== hover || file !== hoverFile) { hover = house; hoverFile = file; tell(house, file, district); draw(); }
      return;
    }
    if (pointers.size === 1) {
      left -= (event.clientX - before.clientX) / scale; top -= (event.clientY - before.clientY) / scale;
      moved += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
      keep(); draw();
    }
    pointers.set(event.pointerId, event);
    if (pointers.size === 2) {
      const [one, two] = [...pointers.values()];
      const now = Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY);
      const box = canvas.getBoundingClientRect();
      if (apart) zoom(now / apart, (one.clientX + two.clientX) / 2 - box.left, (one.clientY + two.clientY) / 2 - box.top);
      apart = now; moved = 99;
    }
  });
  const up = (event) => {
    pointers.delete(event.pointerId); apart = 0;
    if (!pointers.size) { held = null; draw(); }
    if (event.type === "pointerup" && moved < 5 && !pointers.size) {
      const where = address(...find(event.offsetX, event.offsetY));
      if (where) location.href = where;
    }
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => { if (!pointers.size) { hover = hoverFile = -1; tip.replaceChildren(); draw(); } });
  canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0018)), event.offsetX, event.offsetY); }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const step = 60 / scale;
    const actions = { ArrowLeft: () => { left -= step; }, ArrowRight: () => { left += step; }, ArrowUp: () => { top -= step; }, ArrowDown: () => { top += step; },
      "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), Home: whole };
    if (!actions[event.key]) {
      if (event.key === "Enter") { const where = address(...find(width / 2, height / 2)); if (where) location.href = where; }
      return;
    }
    event.preventDefault(); actions[event.key](); keep(); draw();
    tell(...find(width / 2, height / 2));
  });
  for (const [id, action] of [["closer", () => zoom(1.4)], ["farther", () => zoom(1 / 1.4)], ["whole", whole]]) document.getElementById(id).addEventListener("click", action);
  addEventListener("themechange", () => { read(); draw(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { read(); draw(); });
  new ResizeObserver(size).observe(canvas);
  read();
})();
