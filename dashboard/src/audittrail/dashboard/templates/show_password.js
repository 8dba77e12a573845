/** A button beside the password that shows it. Without scripts there is none. */
(function () {
  "use strict";
  const field = document.getElementById("password");
  const button = document.createElement("button");
  const word = document.createElement("span");
  const rest = document.createElement("span");
  button.type = "button";
  button.className = "at-button";
  rest.className = "at-hidden";
  rest.textContent = " password";
  button.append(word, rest);

  function show(shown) {
    field.type = shown ? "text" : "password";
    word.textContent = shown ? "Hide" : "Show";
  }

  button.addEventListener("click", () => show(field.type === "password"));
  // Browsers remember what was typed into a field of text.
  field.form.addEventListener("submit", () => show(false));
  show(false);
  field.after(button);
})();
