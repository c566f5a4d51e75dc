/* The one script of the back office. Every page works without it, only less comfortably. */
(function () {
  "use strict";
  var root = document.documentElement;
  var one = function (selector, within) { return (within || document).querySelector(selector); };
  var all = function (selector, within) { return Array.from((within || document).querySelectorAll(selector)); };
  root.classList.add("js");

  /* An input method is composing: no key of ours means anything then. */
  var composing = false;
  document.addEventListener("compositionstart", function () { composing = true; }, true);
  document.addEventListener("compositionend", function () { setTimeout(function () { composing = false; }, 0); }, true);
  function isComposing(event) { return composing || event.isComposing || event.keyCode === 229; }

  function remember(name, value) {
    document.cookie = name + "=" + value + "; path=/; max-age=31536000; samesite=lax" + (location.protocol === "https:" ? "; secure" : "");
  }

  /* ---- Appearance ---- */
  function setTheme(theme) {
    remember("theme", theme);
    if (theme) { root.setAttribute("data-bs-theme", theme); } else { root.removeAttribute("data-bs-theme"); }
    one("[data-dark]").media = { dark: "all", light: "not all" }[theme] || "(prefers-color-scheme: dark)";
    all("[data-theme]").forEach(function (button) { button.setAttribute("aria-pressed", String(button.dataset.theme === theme)); });
  }

  function setDensity(button) {
    var compact = root.getAttribute("data-density") !== "compact";
    remember("density", compact ? "compact" : "");
    if (compact) { root.setAttribute("data-density", "compact"); } else { root.removeAttribute("data-density"); }
    button.setAttribute("aria-pressed", String(compact));
  }

  /* ---- Lists: a table wider than its list scrolls by itself, and only one that fits keeps its head in view ---- */
  function fit() {
    all(".list .table-scroll").forEach(function (box) { box.classList.toggle("fits", box.scrollWidth <= box.clientWidth); });
  }
  fit();
  window.addEventListener("resize", fit);

  /* ---- Copying ---- */
  function copy(button) {
    var text = button.dataset.copy, label = one("span", button) || button, before = label.textContent;
    function done() {
      label.textContent = button.dataset.copied;
      setTimeout(function () { label.textContent = before; }, 2000);
    }
    if (navigator.clipboard) { navigator.clipboard.writeText(text).then(done); return; }
    var box = document.createElement("textarea");
    box.value = text;
    document.body.appendChild(box);
    box.select();
    if (document.execCommand("copy")) { done(); }
    box.remove();
    button.focus();
  }

  /* ---- Pop-ups: closed by Escape and by a click elsewhere ---- */
  function closePops(except) {
    all("details.pop[open]").forEach(function (pop) { if (!except || !pop.contains(except)) { pop.open = false; } });
  }

  document.addEventListener("click", function (event) {
    var target = event.target;
    closePops(target);
    var button = target.closest("[data-theme], [data-density], [data-copy], [data-help], [data-grid-set], [data-grid-go]");
    if (!button || button === root) { return; }
    if (button.hasAttribute("data-theme")) { event.preventDefault(); setTheme(button.dataset.theme); }
    else if (button.hasAttribute("data-density")) { setDensity(button); }
    else if (button.hasAttribute("data-copy")) { copy(button); }
    else if (button.hasAttribute("data-help")) { closePops(); help(); }
    else if (button.hasAttribute("data-grid-set")) { grids[button.dataset.gridSet].setAll(button.dataset.column, button.dataset.value); }
    else if (button.hasAttribute("data-grid-go")) {
      event.preventDefault();
      grids[button.dataset.gridGo].go(Number(button.dataset.row), button.dataset.column);
    }
  });

  /* ---- Keys ---- */
  function help() {
    var dialog = one("[data-help-dialog]");
    if (dialog && dialog.showModal && !dialog.open) { dialog.showModal(); }
  }

  function keysOff() { try { return localStorage.getItem("keys") === "off"; } catch (error) { return false; } }
  all("[data-keys-off]").forEach(function (box) {
    box.checked = keysOff();
    box.addEventListener("change", function () {
      try { localStorage.setItem("keys", box.checked ? "off" : "on"); } catch (error) { /* The choice then holds for this page only. */ }
    });
  });

  /* The row meant by `x` is the one last pointed at or focused, whichever came later. */
  var awaited = 0, lastRow = null;
  ["mouseover", "focusin"].forEach(function (kind) {
    document.addEventListener(kind, function (event) { lastRow = event.target.closest("[data-rows] tbody tr") || lastRow; });
  });
  var singleKeys = {
    "/": function () { var box = one("[data-search]"); if (box) { box.focus(); box.select(); } return box; },
    "?": function () { help(); return true; },
    "n": function () { var button = one('[data-key="n"]'); if (button) { button.click(); } return button; },
    "g": function () { awaited = Date.now(); return true; },
    "x": function () {
      var box = lastRow && one('input[name="ids"]', lastRow);
      if (box) { box.click(); }
      return box;
    }
  };

  document.addEventListener("keydown", function (event) {
    if (isComposing(event) || event.defaultPrevented) { return; }
    if (event.key === "Escape") {
      var pop = one("details.pop[open]");
      if (pop) { pop.open = false; one("summary", pop).focus(); }
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      var form = event.target.closest("form") || one("main form.form");
      var main = form && (one("[data-main]", form) || one('button[type="submit"]', form));
      if (main) { event.preventDefault(); main.click(); }
      return;
    }
    var field = event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], [data-grid], dialog");
    if (field || event.ctrlKey || event.metaKey || event.altKey || keysOff()) { return; }
    if (awaited && Date.now() - awaited < 1500) {
      awaited = 0;
      var link = /^[a-z]$/.test(event.key) && one('[data-go="' + event.key + '"]');
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    awaited = 0;
    if (Object.prototype.hasOwnProperty.call(singleKeys, event.key) && singleKeys[event.key]()) { event.preventDefault(); }
  });

  /* ---- Search as you type: the same form, with `part`, answers with a few links ---- */
  all("[data-search]").forEach(function (box) {
    var form = box.form, list = one("#" + box.getAttribute("aria-controls")), asked = 0, timer = 0, at = -1;
    function show(open) {
      list.hidden = !open;
      box.setAttribute("aria-expanded", String(open));
      if (!open) { at = -1; box.removeAttribute("aria-activedescendant"); }
    }
    function choose(step) {
      var options = all("[role=option]", list);
      if (list.hidden || !options.length) { return false; }
      at = (at + step + options.length + (at < 0 && step < 0 ? 1 : 0)) % options.length;
      options.forEach(function (option, index) {
        option.id = "suggestion-" + index;
        option.setAttribute("aria-selected", String(index === at));
      });
      box.setAttribute("aria-activedescendant", "suggestion-" + at);
      options[at].scrollIntoView({ block: "nearest" });
      return true;
    }
    function ask() {
      var number = ++asked, fields = new URLSearchParams(new FormData(form));
      if (!box.value.trim()) { list.textContent = ""; show(false); return; }
      fields.set("part", "1");
      fetch(form.action, { method: "POST", body: fields, credentials: "same-origin" }).then(function (answer) {
        return answer.ok && !answer.redirected ? answer.text() : "";
      }).then(function (html) {
        if (number !== asked || document.activeElement !== box) { return; }
        list.innerHTML = html;
        at = -1;
        show(Boolean(one("[role=option]", list)));
      }).catch(function () { show(false); });
    }
    function soon() { clearTimeout(timer); timer = setTimeout(ask, 150); }
    box.addEventListener("input", function (event) { if (!isComposing(event)) { soon(); } });
    box.addEventListener("compositionend", soon);
    box.addEventListener("blur", function () { setTimeout(function () { if (!form.contains(document.activeElement)) { show(false); } }, 150); });
    box.addEventListener("keydown", function (event) {
      if (isComposing(event)) { return; }
      var options = all("[role=option]", list), moved = false;
      if (event.key === "ArrowDown") { moved = choose(1); }
      else if (event.key === "ArrowUp") { moved = choose(-1); }
      else if (event.key === "Enter" && at >= 0 && options[at]) { options[at].click(); moved = true; }
      else if (event.key === "Escape" && !list.hidden) { show(false); moved = true; }
      if (moved) { event.preventDefault(); }
    });
  });

  /* ---- Forms: nothing is sent twice ---- */
  function release(form) {
    delete form.dataset.sent;
    all("[data-held]").forEach(function (button) {
      if (button.form === form) { button.disabled = false; button.removeAttribute("data-held"); }
    });
  }

  /* A browser gives back what was typed on Back, but not the hidden key of the form: with a new one the record would
     be saved twice. */
  function formKeys() { return all('input[name="form_key"]'); }
  var arrived = performance.getEntriesByType("navigation")[0];
  if (arrived && arrived.type === "back_forward" && history.state && history.state.keys) {
    formKeys().forEach(function (key, index) { key.value = history.state.keys[index] || key.value; });
  }

  document.addEventListener("submit", function (event) {
    if (composing) { event.preventDefault(); event.stopPropagation(); }
  }, true);

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.hasAttribute("data-guard")) { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (event.defaultPrevented) { return; }
    form.dataset.sent = "1";
    leaving = true;
    history.replaceState({ keys: formKeys().map(function (key) { return key.value; }) }, "");
    // The pressed button's own name and value are gathered after this event, so it is held a moment later.
    setTimeout(function () {
      Array.from(form.elements).forEach(function (button) {
        if (button.type === "submit" && !button.disabled) { button.disabled = true; button.setAttribute("data-held", ""); }
      });
    }, 0);
    // An answer that is a file leaves the page standing; sending again is safe, the form key sees to that.
    var file = event.submitter && event.submitter.hasAttribute("data-file");
    setTimeout(function () { release(form); leaving = false; }, file ? 3000 : 20000);
  });
  window.addEventListener("pageshow", function () { leaving = false; all("form[data-sent]").forEach(release); });

  /* ---- Unsaved work ---- */
  var leaving = false, touched = false;
  all("form[data-confirm-leave]").forEach(function (form) { form.addEventListener("input", function () { touched = true; }); });
  window.addEventListener("beforeunload", function (event) {
    if (touched && !leaving) { event.preventDefault(); event.returnValue = ""; }
  });

  /* ---- Text areas that grow ---- */
  all("textarea[data-autosize]").forEach(function (area) {
    function fit() {
      var lines = area.value.split("\n").length + 1;
      area.rows = Math.max(area.rows, Math.min(lines, 20));
    }
    area.addEventListener("input", fit);
    fit();
  });

  /* ---- Lists: selection and its bar ---- */
  all("form[data-list]").forEach(function (form) {
    var boxes = all('input[name="ids"]', form), heads = all("[data-all]", form), bar = one("[data-batch]", form);
    var whole = one("[data-everything-box]", form), told = one("[data-batch-count]", form), last = null;
    function show() {
      var count = boxes.filter(function (box) { return box.checked; }).length;
      boxes.forEach(function (box) { box.closest("tr").classList.toggle("chosen", box.checked); });
      heads.forEach(function (head) {
        head.checked = count > 0 && count === boxes.length;
        head.indeterminate = count > 0 && count < boxes.length;
      });
      var everything = whole && whole.checked;
      told.textContent = everything ? bar.dataset.everything : count ? bar.dataset.some.replace("{n}", count) : bar.dataset.none;
      bar.classList.toggle("batch-on", Boolean(count || everything));
      all("[data-needs-rows]", form).forEach(function (button) { button.disabled = !count && !everything; });
    }
    boxes.forEach(function (box, index) {
      box.addEventListener("click", function (event) {
        if (event.shiftKey && last !== null) {
          for (var i = Math.min(last, index); i <= Math.max(last, index); i++) { boxes[i].checked = box.checked; }
        }
        last = index;
        if (whole && !box.checked) { whole.checked = false; }
        show();
      });
    });
    heads.concat(whole || []).forEach(function (head) {
      head.addEventListener("change", function () {
        boxes.forEach(function (box) { box.checked = head.checked; });
        if (whole && !head.checked) { whole.checked = false; }
        show();
      });
    });
    form.addEventListener("keydown", function (event) {
      if (event.key === "Enter" && event.target.type === "checkbox") { event.preventDefault(); }
    });
    window.addEventListener("pageshow", show);
    show();
  });

  /* A click on a filter or a page number of a list that stands further down arrives at the list again. */
  var list = one("[data-arrive]");
  if (list && location.search && arrived && arrived.type === "navigate") { (list.previousElementSibling || list).scrollIntoView(); }

  /* ---- Long jobs ---- */
  all("[data-poll]").forEach(function (job) {
    var pause = 1000, bar = one("[data-poll-bar]", job), told = one("[data-poll-message]", job), lost = one("[data-poll-lost]", job);
    function ask() {
      fetch(job.dataset.poll, { headers: { Accept: "application/json" }, credentials: "same-origin" }).then(function (answer) {
        if (!answer.ok) { throw new Error(String(answer.status)); }
        return answer.json();
      }).then(function (state) {
        pause = 1000;
        lost.hidden = true;
        bar.max = state.total || 1;
        bar.value = state.done;
        told.textContent = state.message || state.done + " / " + state.total;
        if (!state.finished) { setTimeout(ask, pause); return; }
        if (state.location && /^\/(?![\/\\])/.test(state.location)) { location.assign(state.location); } else { location.reload(); }
      }).catch(function () {
        lost.hidden = false;
        pause = Math.min(pause * 2, 15000);
        setTimeout(ask, pause);
      });
    }
    setTimeout(ask, pause);
  });

  /* ---- Grids ---- */
  var grids = {};

  function make(tag, properties, children) {
    var element = document.createElement(tag);
    Object.keys(properties || {}).forEach(function (name) {
      if (name in element && name !== "list") { element[name] = properties[name]; } else { element.setAttribute(name, properties[name]); }
    });
    (children || []).forEach(function (child) { element.append(child); });
    return element;
  }

  /* Tab-separated text as Excel copies it; a quoted cell may hold tabs, line breaks and doubled quotes. */
  function readCells(text) {
    var rows = [], row = [], cell = "", quoted = false, start = true;
    text = text.replace(/\r\n?/g, "\n");
    for (var i = 0; i < text.length; i++) {
      var c = text[i];
      if (quoted) {
        if (c !== '"') { cell += c; } else if (text[i + 1] === '"') { cell += c; i++; } else { quoted = false; }
      } else if (c === '"' && start) { quoted = true; start = false; }
      else if (c === "\t" || c === "\n") {
        row.push(cell.trim());
        cell = "";
        start = true;
        if (c === "\n") { rows.push(row); row = []; }
      } else { cell += c; start = false; }
    }
    row.push(cell.trim());
    rows.push(row);
    while (rows.length && !rows[rows.length - 1].some(Boolean)) { rows.pop(); }
      return rows;
  }

  function plain(text) { return text.replace(/\s+/g, "").toLowerCase(); }

  function setUpGrid(box) {
    var columns = JSON.parse(box.dataset.columns), texts = JSON.parse(box.dataset.texts), most = Number(box.dataset.max);
    var canAdd = box.hasAttribute("data-add"), canDelete = box.hasAttribute("data-delete"), area = one("textarea", box);
    var filled = {}, history = [], valueAtFocus = "", changedSinceFocus = false;
    var rows = JSON.parse(box.dataset.rows).map(function (given) {
      return { id: given.id || "", cells: columns.map(function (column) { return given[column.key] || ""; }), errors: {} };
    });
    JSON.parse(box.dataset.errors).forEach(function (error) {
      if (rows[error.row]) { rows[error.row].errors[error.column || ""] = error.reason; }
    });
    var firstEditable = columns.findIndex(function (column) { return !column.readonly; });
    var nameColumn = columns.findIndex(function (column) { return column.readonly; });

    var body = make("tbody"), told = make("p", { className: "grid-told", "role": "status" }), count = make("span", { className: "hint grid-count" });
    var next = make("button", { type: "button", className: "btn btn-quiet", textContent: texts.next, hidden: true });
    var undoButton = make("button", { type: "button", className: "btn btn-tool", textContent: texts.undo, disabled: true });
    var addButton = make("button", { type: "button", className: "btn btn-tool", textContent: "+ " + texts.add });
    var head = make("tr", {}, [make("th", { scope: "col", className: "stick", textContent: "#" })].concat(columns.map(function (column, index) {
      return make("th", { scope: "col", className: index === 0 && column.readonly ? "stick stick-2" : column.type === "number" ? "num" : "", textContent: column.label });
    }), canDelete ? [make("td")] : []));
    var table = make("table", { "aria-label": texts.caption }, [make("thead", {}, [head]), body]);
    if (nameColumn === 0) { table.className = "grid-named"; }
    var frame = make("div", { className: "grid-frame" }, [table]);
    var foot = make("div", { className: "grid-foot" }, (canAdd ? [addButton] : []).concat([undoButton, next, count, make("span", { className: "hint", textContent: texts.hint })]));
    box.append(frame, told, foot);

    function blank() { return { id: "", cells: columns.map(function () { return ""; }), errors: {} }; }
    function isBlank(row) { return !row.id && !row.cells.some(Boolean); }
    function keep() {
      history.push({ filled: Object.assign({}, filled), rows: rows.map(function (row) {
        return { id: row.id, cells: row.cells.slice(), errors: Object.assign({}, row.errors) };
      }) });
      if (history.length > 50) { history.shift(); }
      undoButton.disabled = false;
      touched = true;
    }
    function labelOf(column, value) {
      var choice = column.choices.find(function (item) { return item[0] === value; });
      return choice ? choice[1] : value;
    }
    function paintToggle(button, column, value) {
      var tone = column.choices.findIndex(function (item) { return item[0] === value; });
      button.textContent = tone < 0 ? texts.unset : column.choices[tone][1];
      button.dataset.tone = tone;
    }

    function drawCell(row, index, r) {
      var column = columns[index], value = row.cells[index], cell = make("td"), input;
      if (index === 0 && column.readonly) { cell.className = "stick stick-2 "; }
      if (column.readonly) {
        cell.className += "fixed" + (column.type === "number" ? " num" : "");
        cell.textContent = labelOf(column, value);
        return cell;
      }
      var name = column.label + " " + (nameColumn >= 0 && row.cells[nameColumn] || r + 1);
      if (column.type === "choice" && column.toggle) {
        input = make("button", { type: "button", className: "grid-toggle" });
        paintToggle(input, column, value);
        name += ": " + input.textContent;
      } else if (column.type === "choice") {
        input = make("select", {}, [make("option", { value: "", textContent: "" })].concat(column.choices.map(function (item) {
          return make("option", { value: item[0], textContent: item[1] });
        })));
        input.value = value;
      } else if (column.type === "check") {
        input = make("input", { type: "checkbox", className: "form-check-input", checked: value === "1" });
      } else {
        input = make("input", { type: "text", value: value, autocomplete: "off", spellcheck: false });
        if (column.type === "number") { input.className = "num"; input.inputMode = "decimal"; }
        if (column.wide || column.narrow) { cell.className += column.wide ? " wide" : " narrow"; }
      }
      input.setAttribute("aria-label", name);
      input.dataset.c = index;
      var reason = row.errors[column.key] || row.errors[""];
      if (reason) { cell.classList.add("bad"); input.setAttribute("aria-invalid", "true"); input.title = reason; }
      cell.append(input);
      return cell;
    }

    function drawRow(row, r) {
      var line = make("tr", {}, [make("th", { scope: "row", className: "stick", textContent: String(r + 1) })]);
      columns.forEach(function (column, index) { line.append(drawCell(row, index, r)); });
      if (canDelete) {
        line.append(make("td", {}, [make("button", { type: "button", className: "grid-delete", tabIndex: -1, textContent: "×", "aria-label": texts.remove.replace("{row}", r + 1) })]));
      }
      return line;
    }

    function draw() {
      if (canAdd) { while (rows.length < 5) { rows.push(blank()); } }
      body.textContent = "";
      body.append.apply(body, rows.map(drawRow));
      tell();
    }

    function badPlaces() {
      var places = [];
      rows.forEach(function (row, r) {
        Object.keys(row.errors).forEach(function (key) {
          var index = columns.findIndex(function (column) { return column.key === key && !column.readonly; });
          places.push([r, index < 0 ? firstEditable : index]);
        });
      });
      return places.sort(function (a, b) { return a[0] - b[0] || a[1] - b[1]; });
    }

    function tell() {
      var bad = badPlaces().length;
      next.hidden = !bad;
      count.textContent = texts.rows.replace("{n}", rows.filter(function (row) { return !isBlank(row); }).length) + (bad ? " · " + texts.bad.replace("{n}", bad) : "");
    }

    function say(text, bad) { told.textContent = text; told.classList.toggle("told-bad", Boolean(bad)); }

    function inputAt(r, c) { var line = body.rows[r]; return line && one('[data-c="' + c + '"]', line); }
    function focus(r, c) {
      var input = inputAt(r, c);
      if (!input) { return false; }
      input.focus();
      if (input.select && input.type === "text") { input.select(); }
      return true;
    }
    function where(element) {
      var line = element.closest("tbody tr"), input = element.closest("[data-c]");
      return line && input ? [line.rowIndex - 1, Number(input.dataset.c)] : null;
    }
    function sideways(r, c, step) {
      do { c += step; } while (columns[c] && columns[c].readonly);
      return columns[c] ? focus(r, c) : false;
    }
    function down(r, c) {
      if (r + 1 === rows.length && canAdd && rows.length < most) { keep(); rows.push(blank()); body.append(drawRow(rows[r + 1], r + 1)); }
      return focus(r + 1, c);
    }
    function nextBad(from) {
      var places = badPlaces();
      var place = places.find(function (p) { return !from || p[0] > from[0] || (p[0] === from[0] && p[1] > from[1]); }) || places[0];
      return place ? focus(place[0], place[1]) : false;
    }

    function put(r, c, value) {
      var row = rows[r], input = inputAt(r, c);
      row.cells[c] = value;
      if (row.errors[columns[c].key] || row.errors[""]) {
        delete row.errors[columns[c].key];
        delete row.errors[""];
        all("td", body.rows[r]).forEach(function (cell) {
          var inner = one("[data-c]", cell);
          if (inner && !row.errors[columns[inner.dataset.c].key]) { cell.classList.remove("bad"); inner.removeAttribute("aria-invalid"); inner.removeAttribute("title"); }
        });
        say("");
      }
      if (input && input.classList.contains("grid-toggle")) {
        paintToggle(input, columns[c], value);
        input.setAttribute("aria-label", columns[c].label + " " + (nameColumn >= 0 && row.cells[nameColumn] || r + 1) + ": " + input.textContent);
      }
      tell();
    }

    function undo() {
      var before = history.pop();
      if (!before) { return; }
      var place = where(document.activeElement);
      rows = before.rows;
      filled = before.filled;
      undoButton.disabled = !history.length;
      draw();
      if (place) { focus(Math.min(place[0], rows.length - 1), place[1]); }
    }

    function fromText(column, text) {
      if (column.type === "check") { return /^(1|true|yes|y|x|√|✓|是)$/i.test(text) ? "1" : ""; }
      if (column.type !== "choice") { return text.replace(/\n/g, " "); }
      var found = column.choices.find(function (item) { return [item[0], item[1], item[2]].map(plain).indexOf(plain(text)) >= 0; });
      return found ? found[0] : "";
    }

    function headingOf(cells, least) {
      var keys = cells.map(function (cell) {
        return columns.findIndex(function (column) { return plain(cell) && [column.key, column.label].concat(column.aliases).map(plain).indexOf(plain(cell)) >= 0; });
      });
      var hits = keys.filter(function (key) { return key >= 0; }).length;
      return hits >= least && hits * 2 >= cells.filter(Boolean).length ? keys : null;
    }

    function paste(text, r, c) {
      var lines = readCells(text), heading = null;
      /* A title row or two may stand above the headings. */
      for (var i = 0; !heading && i < Math.min(lines.length - 1, 5); i++) {
        heading = headingOf(lines[i], i ? 2 : 1);
        if (heading) { lines.splice(0, i + 1); }
      }
      var needed = r + lines.length;
      if (needed > most) { say(texts.tooMany.replace("{n}", needed), true); return; }
      keep();
      var target = heading || columns.map(function (column, index) { return index; }).filter(function (index) { return index >= c && !columns[index].readonly; });
      lines.forEach(function (cells, i) {
        if (r + i >= rows.length) { if (!canAdd) { return; } rows.push(blank()); }
        var row = rows[r + i];
        cells.forEach(function (cell, j) {
          var column = columns[target[j]];
          if (!column || column.readonly) { return; }
          row.cells[target[j]] = fromText(column, cell);
          delete row.errors[column.key];
          delete row.errors[""];
        });
      });
      draw();
      say(texts.pasted.replace("{n}", lines.length));
      focus(r, c);
    }

    body.addEventListener("focusin", function (event) {
      var place = where(event.target);
      if (!place) { return; }
      valueAtFocus = rows[place[0]].cells[place[1]];
      changedSinceFocus = false;
      var errors = rows[place[0]].errors, reason = errors[columns[place[1]].key] || errors[""];
      say(reason ? texts.told.replace("{row}", place[0] + 1).replace("{label}", columns[place[1]].label).replace("{text}", reason) : "", Boolean(reason));
    });
    body.addEventListener("input", function (event) {
      var place = where(event.target);
      if (!place || event.target.type === "checkbox") { return; }
      if (!changedSinceFocus) { keep(); changedSinceFocus = true; }
      put(place[0], place[1], event.target.value);
    });
    body.addEventListener("change", function (event) {
      var place = where(event.target);
      if (place && event.target.type === "checkbox") { keep(); put(place[0], place[1], event.target.checked ? "1" : ""); }
    });
    body.addEventListener("click", function (event) {
      var remove = event.target.closest(".grid-delete"), toggle = event.target.closest(".grid-toggle");
      if (remove) {
        keep();
        rows.splice(remove.closest("tr").rowIndex - 1, 1);
        draw();
        addButton.focus();
      } else if (toggle) {
        var place = where(toggle), column = columns[place[1]];
        var at = column.choices.findIndex(function (item) { return item[0] === rows[place[0]].cells[place[1]]; });
        keep();
        put(place[0], place[1], column.choices[(at + 1) % column.choices.length][0]);
      }
    });
    body.addEventListener("paste", function (event) {
      var place = where(event.target), text = event.clipboardData.getData("text/plain");
      if (!place) { return; }
      if (/[\t\n\r]/.test(text.trim()) || event.target.type !== "text") { event.preventDefault(); paste(text, place[0], place[1]); }
    });
    body.addEventListener("keydown", function (event) {
      var place = where(event.target), input = event.target;
      if (!place || isComposing(event)) { return; }
      var r = place[0], c = place[1], column = columns[c], typing = input.type === "text", moved = false;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.shiftKey) {
        if (typing && changedSinceFocus) { return; }
        event.preventDefault();
        undo();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) { return; }
      var atStart = !typing || (input.selectionStart === 0 && (input.selectionEnd === 0 || input.selectionEnd === input.value.length));
      var atEnd = !typing || (input.selectionEnd === input.value.length && (input.selectionStart === input.selectionEnd || input.selectionStart === 0));
      if (event.key === "Enter") { event.preventDefault(); if (!badPlaces().length || !nextBad(place)) { down(r, c); } return; }
      if (event.key === "ArrowUp" && input.tagName !== "SELECT") { moved = focus(r - 1, c); }
      else if (event.key === "ArrowDown" && input.tagName !== "SELECT") { moved = focus(r + 1, c); }
      else if (event.key === "ArrowLeft" && atStart) { moved = sideways(r, c, -1); }
      else if (event.key === "ArrowRight" && atEnd) { moved = sideways(r, c, 1); }
      else if (event.key === "Tab" && !event.shiftKey && r === rows.length - 1 && canAdd && rows.length < most && !isBlank(rows[r])) {
        var last = columns.every(function (other, index) { return index <= c || other.readonly; });
        if (last) { moved = down(r, firstEditable); }
      } else if (event.key === "Escape" && (changedSinceFocus || rows[r].cells[c] !== valueAtFocus)) {
        if (typing || input.tagName === "SELECT") { input.value = valueAtFocus; } else if (input.type === "checkbox") { input.checked = valueAtFocus === "1"; }
        put(r, c, valueAtFocus);
        moved = true;
      } else if (column.type === "choice" && column.toggle) {
        if (event.key === "Delete" || event.key === "Backspace") { keep(); put(r, c, ""); moved = true; }
        var choice = column.choices.find(function (item) { return item[2] && item[2].toLowerCase() === event.key.toLowerCase(); });
        if (choice) { keep(); put(r, c, choice[0]); focus(r + 1, c); moved = true; }
      }
      if (moved) { event.preventDefault(); }
    });
    undoButton.addEventListener("click", undo);
    next.addEventListener("click", function () { nextBad(); });
    addButton.addEventListener("click", function () {
      if (rows.length < most) { keep(); rows.push(blank()); body.append(drawRow(rows[rows.length - 1], rows.length - 1)); focus(rows.length - 1, firstEditable); tell(); }
    });
    area.form.addEventListener("submit", function () {
      area.value = JSON.stringify({
        rows: rows.filter(function (row) { return !isBlank(row); }).map(function (row) {
          var sent = row.id ? { id: row.id } : {};
          columns.forEach(function (column, index) { sent[column.key] = row.cells[index]; });
          return sent;
        }),
        set_all: Object.keys(filled).map(function (key) { return { column: key, value: filled[key] }; })
      });
    }, true);

    grids[box.dataset.grid] = {
      setAll: function (key, value) {
        var index = columns.findIndex(function (column) { return column.key === key; });
        keep();
        rows.forEach(function (row) { if (!isBlank(row)) { row.cells[index] = value; delete row.errors[key]; } });
        filled[key] = value;
        draw();
      },
      go: function (r, key) { focus(r, Math.max(columns.findIndex(function (column) { return column.key === key && !column.readonly; }), firstEditable)); }
    };
    draw();
    if (badPlaces().length) { nextBad(); }
    else if (box.hasAttribute("data-first") && rows.every(isBlank) && !one("[data-error-summary], [autofocus]")) { focus(0, firstEditable); }
  }

  all("[data-grid]").forEach(setUpGrid);

  /* What is wrong is read first, unless a grid already stands on its first bad cell. */
  var summary = one("[data-error-summary]");
  if (summary && !document.activeElement.closest("[data-grid]")) { summary.focus(); }
})();
