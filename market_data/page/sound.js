/* A short tone at a fill, for whoever wants one: higher for a buy. */

import { store } from "./dom.js";

/** @type {AudioContext | null} */
let audio = null;

export const isSoundOn = () => store.read("sound") === "on";

export function switchSound() {
  store.write("sound", isSoundOn() ? "off" : "on");
  playTone("buy");
}

/** @param {Side} side */
export function playTone(side) {
  if (!isSoundOn()) return;
  audio ??= new AudioContext();
  const tone = audio.createOscillator(), volume = audio.createGain(), now = audio.currentTime;
  tone.frequency.value = side === "buy" ? 880 : 587;
  volume.gain.setValueAtTime(0.12, now);
  volume.gain.exponentialRampToValueAtTime(0.001, now + 0.18);
  tone.connect(volume).connect(audio.destination);
  tone.start(now);
  tone.stop(now + 0.2);
}
