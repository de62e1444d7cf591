/* A draft of an order has one name until it has become an order: however often it is sent, it is one. */

import { SENT_MILLISECONDS } from "./bounds.js";
import { element } from "./dom.js";

/** @type {{ name: string, isSending: boolean, isSent: boolean, wasTouched: boolean, timer: any }} */
const draft = { name: "", isSending: false, isSent: false, wasTouched: false, timer: 0 };

export function makeName() {
  return `page-${Array.from(crypto.getRandomValues(new Uint8Array(9)), byte => byte.toString(16).padStart(2, "0")).join("")}`;
}

export const nameDraft = () => (draft.name ||= makeName());
export const isDraftLocked = () => draft.isSending || draft.isSent;

/** The ticket says something else now: another order. */
export function touchDraft() {
  draft.wasTouched = true;
  if (!draft.isSending) renewDraft();
}

/** Lock the button until the answer. */
export function beginSending() {
  Object.assign(draft, { isSending: true, wasTouched: false });
  showLock();
}

/** `isOrder`: the draft has become one, and stays sent for a moment: who hits Enter five times means one. */
export function endSending(isOrder) {
  Object.assign(draft, { isSending: false, isSent: isOrder });
  if (draft.wasTouched) renewDraft();
  else if (isOrder) draft.timer = setTimeout(renewDraft, SENT_MILLISECONDS);
  showLock();
}

function renewDraft() {
  clearTimeout(draft.timer);
  Object.assign(draft, { name: "", isSent: false });
  showLock();
}

function showLock() { element("submit").setAttribute("aria-disabled", String(isDraftLocked())); }
