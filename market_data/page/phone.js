/* A phone: the sections below each other, one tap apart. */

import { element, elements } from "./dom.js";
import { motion } from "./ladder.js";

const sections = Object.fromEntries(Array.from(element("sections").children, button => [button.dataset.section, { button, node: document.querySelector(`section.${button.dataset.section}`) }]));
export const isPhone = matchMedia("(max-width: 640px)");
export const isTouched = matchMedia("(max-width: 640px), (pointer: coarse)");
export const goToSection = name => sections[name].node.scrollIntoView({ behavior: motion.matches ? "auto" : "smooth" });

const nearTop = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) {
    const { button } = Object.values(sections).find(({ node }) => node === target);
    button.setAttribute("aria-current", String(isIntersecting));
  }
}, { rootMargin: "-25% 0px -75% 0px" });
for (const [name, { button, node }] of Object.entries(sections)) { button.onclick = () => goToSection(name); nearTop.observe(node); }

/* Price, light and symbols stay in sight; what is above them in the header goes with the page. */
function fitHeader() {
  const [header] = elements("header"), tops = [document.querySelector(".last"), element("status")].map(node => node.offsetTop);
  const above = isPhone.matches ? Math.min(...tops) - 4 : 0;
  header.style.top = `${-above}px`;
  document.documentElement.style.setProperty("--covered", `${header.offsetHeight - above + 5}px`);
}
new ResizeObserver(fitHeader).observe(elements("header")[0]);
