/* Check-in. The list at a shift: a mark that finds no network is kept on this computer and sent later, with the same key
   and its own time. What is kept holds ids and times only. Without script the buttons send the form. */
(function () {
  "use strict";
  /* The QR code of the place: the next one is drawn when this one ends, and again soon without network. */
  var code = document.querySelector("[data-check-in-code]");
  function redraw() {
    fetch(location.pathname, { credentials: "same-origin" })
      .then(function (answer) { return answer.text(); })
      .then(function (text) {
        var next = new DOMParser().parseFromString(text, "text/html").querySelector("[data-check-in-code]");
        if (!next) { location.reload(); return; } /* Whoever has to sign in again sees so. */
        code.replaceChild(document.importNode(next.querySelector("svg"), true), code.querySelector("svg"));
        setTimeout(redraw, next.dataset.checkInCode * 1000);
      })
      .catch(function () { setTimeout(redraw, 5000); });
  }
  if (code && window.fetch) { setTimeout(redraw, code.dataset.checkInCode * 1000); }

  var box = document.querySelector("[data-check-in]");
  if (!box || !window.fetch || !window.localStorage || !window.crypto) { return; }
  var texts = JSON.parse(box.dataset.texts), state = box.querySelector("[data-check-in-state]");
  var form = box.querySelector("form"), place = "check-in:" + box.dataset.checkIn, sending = false;
  var all = function (selector) { return Array.from(box.querySelectorAll(selector)); };

  function kept() {
    try { return JSON.parse(localStorage.getItem(place)) || []; } catch (error) { return []; }
  }
  function keep(marks) {
    if (marks.length) { localStorage.setItem(place, JSON.stringify(marks)); } else { localStorage.removeItem(place); }
  }
  function newKey() {
    var numbers = new Uint32Array(4);
    crypto.getRandomValues(numbers);
    return Array.from(numbers).map(function (n) { return ("0000000" + n.toString(16)).slice(-8); }).join("");
  }
  function say(text, bad) {
    state.textContent = text;
    state.className = text ? "notice notice-" + (bad ? "error" : "warning") : "";
  }

  /* A mark at its volunteer, and what the buttons offer next. False when the volunteer is not on the page. */
  function paint(mark, sent) {
    var line = box.querySelector("[data-volunteer='" + mark.volunteer_id + "']");
    if (!line) { return false; }
    var there = { "in": "in", "out": "out", "void": "none" }[mark.kind], next = line.querySelector("[data-check-in-next]");
    var time = new Date(mark.occurred_at).toTimeString().slice(0, 5);
    var told = there === "none" ? "" : (there === "in" ? texts.came : texts.left).replace("{time}", time);
    line.dataset.there = there;
    line.querySelector("[data-check-in-there]").textContent = sent ? told : told + " · " + texts.unsent;
    next.value = (there === "none" ? "in:" : "out:") + mark.volunteer_id;
    next.firstChild.textContent = { none: texts["in"], "in": texts.out, out: texts.later }[there];
    line.querySelector("[data-check-in-back]").hidden = there === "none";
    return true;
  }
  function count() {
    var numbers = { "in": all("[data-volunteer]:not([data-there=none])"), missing: all("[data-booked][data-there=none]"), staying: all("[data-there=in]") };
    all("[data-check-in-count]").forEach(function (number) { number.textContent = numbers[number.dataset.checkInCount].length; });
  }
  function show() {
    var marks = kept();
    marks.forEach(function (mark) { paint(mark, false); });
    count();
    say(marks.some(function (mark) { return mark.offline; }) ? texts.kept.replace("{n}", marks.length) : "");
  }

  function send() {
    var marks = kept();
    if (sending || !marks.length) { return; }
    sending = true;
    var body = new FormData();
    ["csrf_token", "form_key"].forEach(function (name) { body.append(name, form.elements[name].value); });
    body.append("marks", JSON.stringify(marks));
    fetch(location.pathname, { method: "POST", body: body, credentials: "same-origin", redirect: "error" })
      .then(function (answer) {
        if (!answer.ok) { throw new Error("not taken"); }
        return answer.json();
      })
      .then(function (told) {
        var reasons = Object.keys(told.refused).map(function (key) { return told.refused[key]; });
        var done = told.saved.concat(Object.keys(told.refused));
        var saved = marks.filter(function (mark) { return told.saved.indexOf(mark.key) >= 0; });
        keep(kept().filter(function (mark) { return done.indexOf(mark.key) < 0; }));
        sending = false;
        /* Somebody who was not on the list stands on it when the page is asked for again. */
        var whole = saved.map(function (mark) { return paint(mark, true); }).every(Boolean);
        show();
        if (told.error) {
          say(told.error, true);
        } else if (reasons.length) {
          say(texts.refused.replace("{reason}", reasons[0]), true);
        } else if (kept().length) {
          send();
        } else if (!whole) {
          location.replace(location.pathname);
        }
      })
      .catch(function () {
        /* What was sent without an answer counts as kept; its key makes it one event. */
        sending = false;
        keep(kept().map(function (mark) { mark.offline = true; return mark; }));
        show();
      });
  }

  /* Who a button means: one volunteer, or everyone it counts. */
  function meant(kind, who) {
    if (who !== "all") { return [Number(who)]; }
    return all(kind === "in" ? "[data-booked][data-there=none]" : "[data-there=in]").map(function (line) { return Number(line.dataset.volunteer); });
  }

  box.addEventListener("click", function (event) {
    var button = event.target.closest("button[name=mark]");
    if (!button) { return; }
    var parts = button.value.split(":"), now = new Date(), at = now;
    var first = new Date(box.dataset.first), last = new Date(box.dataset.last), people = meant(parts[0], parts[1]);
    if (parts[1] === "all") {
      if (!people.length || (parts[0] === "out" && now < last)) { return; } /* The server says why not. */
      at = parts[0] === "out" ? last : first < now ? first : now;
    }
    event.preventDefault();
    try {
      keep(kept().concat(people.map(function (id) {
        return { key: newKey(), volunteer_id: id, kind: parts[0], occurred_at: at.toISOString() };
      })));
    } catch (error) { say(texts.full, true); return; }
    show();
    send();
  });
  window.addEventListener("online", send);
  setInterval(send, 30000);
  show();
  send();
})();
