import js from "@eslint/js";

const BROWSER = [
  "AbortSignal", "AudioContext", "Blob", "IntersectionObserver", "Notification", "Option", "ResizeObserver", "TextEncoder", "URL", "WebSocket", "addEventListener",
  "clearInterval", "clearTimeout", "crypto", "devicePixelRatio", "document", "fetch", "getComputedStyle", "innerHeight", "innerWidth", "localStorage", "location",
  "matchMedia", "performance", "requestAnimationFrame", "setInterval", "setTimeout",
];
const readable = names => Object.fromEntries(names.map(name => [name, "readonly"]));

export default [
  { ignores: ["vendor/", "node_modules/"] },
  js.configs.recommended,
  {
    languageOptions: { globals: readable([...BROWSER, "LightweightCharts"]) },
    rules: {
      "eqeqeq": ["error", "always", { null: "ignore" }], "no-var": "error", "prefer-const": "error", "no-shadow": "error",
      "complexity": ["error", 14], "max-lines": ["error", 260], "max-lines-per-function": ["error", 45], "no-warning-comments": "error",
    },
  },
  { files: ["*.mjs", "tests/*.js"], languageOptions: { globals: readable(["process", "console"]) } },
];
