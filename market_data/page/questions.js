/* A question with buttons, and toasts. */

import { create, element } from "./dom.js";

/** Ask; return the value of the button that was pressed, "" if none was. @returns {Promise<string>} */
export function askUser(title, text, choices) {
  const dialog = element("question");
  element("question-title").textContent = title;
  element("question-text").textContent = text;
  element("question-choices").replaceChildren(...choices.map(choice => {
    const button = create("button", choice.text, choice.className ?? "");
    button.type = "button";
    button.onclick = () => dialog.close(choice.value);
    return button;
  }));
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise(resolve => { dialog.onclose = () => resolve(dialog.returnValue); });
}

const MOST_TOASTS = 4, TOAST_MILLISECONDS = 6000;

/** Tell of something that happened by itself. */
export function toast(text, className = "") {
  const box = element("toasts"), line = create("p", text, className);
  box.append(line);
  while (box.childElementCount > MOST_TOASTS) box.firstChild.remove();
  setTimeout(() => line.remove(), TOAST_MILLISECONDS);
}
