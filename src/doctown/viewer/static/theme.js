// Runs before the page is painted: which of the two themes holds. The system's, unless one was chosen here.
"use strict";
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return localStorage.getItem("doctown-theme"); } catch { return null; } };
  const apply = () => { document.documentElement.dataset.theme = kept() || (system.matches ? "dark" : "light"); };
  apply();
  system.addEventListener("change", apply);
  addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme")?.addEventListener("click", () => {
      const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
      try { localStorage.setItem("doctown-theme", next); } catch { /* a page from a file may keep nothing */ }
      document.documentElement.dataset.theme = next;
      dispatchEvent(new Event("themechange"));
    });
  });
})();
