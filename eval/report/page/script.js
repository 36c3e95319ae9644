"use strict";
// The moving parts of the report: matches under the mouse, surfaces to turn, and contents that follow the reader.
(() => {
  const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const dataOf = figure => JSON.parse(figure.querySelector("script").textContent);
  const KEYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  /** Show the match of the source cell under the pointer, and how similar each target cell is. */
  function matcher(figure) {
    const data = dataOf(figure), told = figure.querySelector(".told");
    const sides = ["source", "target"].map(name => {
      const frame = figure.querySelector(`.${name} .frame`), canvas = frame.querySelector("canvas");
      const { height, width, cells } = data[name];
      const finer = Math.ceil(768 / Math.max(height, width));
      canvas.width = width * finer;
      canvas.height = height * finer;
      return { frame, canvas, width, height, cells: bytes(cells), cell: data.step * finer };
    });
    const [source, target] = sides;
    const matches = data.matches.map(one => ({
      name: one.descriptor, heat: bytes(one.heat), cosine: one.cosine, match: new Uint16Array(bytes(one.match).buffer),
    }));
    const count = side => side.cells.length / 2;
    let by = 0, row = 0, column = 0;

    const ring = (side, number, colour) => {
      const pen = side.canvas.getContext("2d"), radius = 0.9 * side.cell;
      const [down, right] = [side.cells[2 * number] + 0.5, side.cells[2 * number + 1] + 0.5];
      for (const [style, width] of [["#fff", 0.62], [colour, 0.34]]) {
        pen.strokeStyle = style;
        pen.lineWidth = width * side.cell;
        pen.beginPath();
        pen.arc(right * side.cell, down * side.cell, radius, 0, 2 * Math.PI);
        pen.stroke();
      }
    };
    const nearest = () => {
      let best = 0, least = Infinity;
      for (let number = 0; number < count(source); number += 1) {
        const far = Math.hypot(source.cells[2 * number] + 0.5 - row, source.cells[2 * number + 1] + 0.5 - column);
        if (far < least) [best, least] = [number, far];
      }
      return best;
    };
    const draw = () => {
      const chosen = nearest(), { name, heat, match, cosine } = matches[by];
      for (const side of sides) side.canvas.getContext("2d").clearRect(0, 0, side.canvas.width, side.canvas.height);
      const pen = target.canvas.getContext("2d");
      for (let number = 0; number < count(target); number += 1) {
        const share = heat[chosen * count(target) + number] / 255;
        pen.fillStyle = `rgb(214 40 24 / ${(0.85 * share ** 3).toFixed(3)})`;
        pen.fillRect(target.cells[2 * number + 1] * target.cell, target.cells[2 * number] * target.cell, target.cell, target.cell);
      }
      ring(source, chosen, "#1d4f8c");
      ring(target, match[chosen], "#1d4f8c");
      const place = (side, number) => `row ${side.cells[2 * number]}, column ${side.cells[2 * number + 1]}`;
      told.textContent = `${name}: ${place(source, chosen)} matches ${place(target, match[chosen])}; `
        + `cosine ${cosine[chosen].toFixed(2)}.`;
    };
    const point = event => {
      const box = source.frame.getBoundingClientRect();
      row = (event.clientY - box.top) / box.height * source.height / data.step;
      column = (event.clientX - box.left) / box.width * source.width / data.step;
      draw();
    };
    source.frame.addEventListener("pointermove", point);
    source.frame.addEventListener("pointerdown", point);
    source.frame.addEventListener("keydown", event => {
      const step = KEYS[event.key];
      if (!step) return;
      event.preventDefault();
      row = Math.min(Math.max(row + step[0], 0), source.height / data.step);
      column = Math.min(Math.max(column + step[1], 0), source.width / data.step);
      draw();
    });
    figure.querySelector("fieldset").addEventListener("change", event => {
      by = Number(event.target.value);
      draw();
    });
    const middle = Math.floor(count(source) / 3);
    [row, column] = [source.cells[2 * middle] + 0.5, source.cells[2 * middle + 1] + 0.5];
    draw();
  }

  /** Turn all surfaces of a figure together. */
  function orbit(figure) {
    const surfaces = dataOf(figure).surfaces.map(surface => ({
      xyz: new Int16Array(bytes(surface.xyz).buffer), feature: bytes(surface.feature), rgb: bytes(surface.rgb),
    }));
    const canvases = [...figure.querySelectorAll("canvas")];
    let yaw = 0.6, pitch = 0.35, paint = "feature", from = null;

    const draw = () => canvases.forEach((canvas, index) => {
      const { xyz, [paint]: colour } = surfaces[index];
      const size = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1));
      if (!size) return;
      canvas.width = canvas.height = size;
      const pen = canvas.getContext("2d"), count = xyz.length / 3, scale = 0.47 * size / 32767;
      const [sy, cy, sp, cp] = [Math.sin(yaw), Math.cos(yaw), Math.sin(pitch), Math.cos(pitch)];
      const depth = new Float32Array(count), places = new Float32Array(2 * count);
      for (let i = 0; i < count; i += 1) {
        const [x, y, z] = [xyz[3 * i], xyz[3 * i + 1], xyz[3 * i + 2]];
        const away = cy * z - sy * x;
        places[2 * i] = size / 2 + scale * (cy * x + sy * z);
        places[2 * i + 1] = size / 2 - scale * (cp * y - sp * away);
        depth[i] = sp * y + cp * away;
      }
      const dot = Math.max(2, size / 75);
      for (const i of Uint32Array.from(depth.keys()).sort((a, b) => depth[a] - depth[b])) {
        pen.fillStyle = `rgb(${colour[3 * i]} ${colour[3 * i + 1]} ${colour[3 * i + 2]})`;
        pen.fillRect(places[2 * i] - dot / 2, places[2 * i + 1] - dot / 2, dot, dot);
      }
    });
    const turn = (right, up) => {
      yaw += right;
      pitch = Math.min(Math.max(pitch + up, -1.5), 1.5);
      draw();
    };
    for (const canvas of canvases) {
      canvas.addEventListener("pointerdown", event => {
        from = [event.clientX, event.clientY];
        canvas.setPointerCapture(event.pointerId);
      });
      canvas.addEventListener("pointermove", event => {
        if (!from) return;
        turn((event.clientX - from[0]) / 120, (event.clientY - from[1]) / 120);
        from = [event.clientX, event.clientY];
      });
      for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { from = null; });
      canvas.addEventListener("keydown", event => {
        const step = KEYS[event.key];
        if (!step) return;
        event.preventDefault();
        turn(step[1] * 0.15, step[0] * 0.15);
      });
    }
    figure.querySelector("fieldset").addEventListener("change", event => {
      paint = event.target.value;
      draw();
    });
    window.addEventListener("resize", draw);
    draw();
  }

  /** Mark the part of the page that is read in the contents. */
  function contents(links) {
    const marks = links.map(link => [link, document.getElementById(link.hash.slice(1))]).filter(([, part]) => part);
    const follow = () => {
      const above = marks.filter(([, part]) => part.getBoundingClientRect().top < 0.35 * window.innerHeight);
      const [current] = above.length ? above[above.length - 1] : marks[0];
      for (const [link] of marks) link.toggleAttribute("aria-current", link === current);
    };
    window.addEventListener("scroll", follow, { passive: true });
    if (marks.length) follow();
  }

  /** Open the folded part that a link leads into. */
  function unfold() {
    const aim = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
    if (!aim) return;
    const next = aim.parentElement.querySelector(`#${CSS.escape(aim.id)} ~ details`);
    for (let part = aim.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    if (aim.id === "settings" && next) next.open = true;
    aim.scrollIntoView();
  }

  document.querySelectorAll(".matcher").forEach(matcher);
  document.querySelectorAll(".orbit").forEach(orbit);
  contents([...document.querySelectorAll(".contents a")]);
  window.addEventListener("hashchange", unfold);
  unfold();
})();
