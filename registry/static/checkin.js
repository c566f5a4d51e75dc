/* The list at a shift: a mark that finds no network is kept on this computer and sent later, with the same key
   and its own time. What is kept holds ids and times only. Without script the buttons send the form. */
(function () {
  "use strict";
  var box = document.querySelector("[data-check-in]");
  if (!box || !window.fetch || !window.localStorage || !window.crypto) { return; }
  var texts = JSON.parse(box.dataset.texts), state = box.querySelector("[data-check-in-state]");
  var form = box.querySelector("form"), place = "check-in:" + box.dataset.checkIn, sending = false;

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

  /* What is kept shows at its volunteer, and the button offers what comes next. */
  function show() {
    var marks = kept();
    marks.forEach(function (mark) {
      var line = box.querySelector("[data-volunteer='" + mark.volunteer_id + "']");
      if (!line || mark.kind === "void") { return; }
      var time = new Date(mark.occurred_at).toTimeString().slice(0, 5), came = line.querySelector("button[value^='in:']");
      line.querySelector("[data-check-in-there]").textContent = (mark.kind === "in" ? texts.came : texts.left).replace("{time}", time);
      line.dataset.there = mark.kind;
      if (mark.kind === "in" && came) {
        came.value = "out:" + mark.volunteer_id;
        came.firstChild.textContent = texts.leaves;
      }
    });
    say(marks.length ? texts.kept.replace("{n}", marks.length) : "");
  }

  /* Who a button means: one volunteer, or everyone it counts. */
  function meant(kind, who) {
    if (who !== "all") { return [Number(who)]; }
    var lines = kind === "in" ? "[data-booked][data-there=none]" : "[data-there=in]";
    return Array.from(box.querySelectorAll(lines)).map(function (line) { return Number(line.dataset.volunteer); });
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
        var done = told.saved.concat(Object.keys(told.refused)), reasons = Object.keys(told.refused).map(function (key) { return told.refused[key]; });
        keep(kept().filter(function (mark) { return done.indexOf(mark.key) < 0; }));
        sending = false;
        if (reasons.length) { show(); say(texts.refused.replace("{reason}", reasons[0]), true); return; }
        if (kept().length) { send(); return; }
        location.replace(location.pathname);
      })
      .catch(function () {
        /* Whatever was sent without an answer counts as kept; the key makes it one event. */
        sending = false;
        keep(kept().map(function (mark) { mark.offline = true; return mark; }));
        show();
      });
  }

  form.addEventListener("click", function (event) {
    var button = event.target.closest("button[name=mark]");
    if (!button) { return; }
    var parts = button.value.split(":"), now = new Date(), at = now;
    var first = new Date(box.dataset.first), last = new Date(box.dataset.last);
    if (parts[1] === "all" && parts[0] === "out") {
      if (now < last) { return; } /* The server says why not. */
      at = last;
    }
    if (parts[1] === "all" && parts[0] === "in" && first < now) { at = first; }
    event.preventDefault();
    try {
      keep(kept().concat(meant(parts[0], parts[1]).map(function (id) {
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
